import { fileURLToPath } from 'node:url';

import type { PageOptions } from '../harness/test-page.ts';
import { startClaudeModel } from './claude-model.ts';

/** The `claude` of the page: the real one where it is named, with a model of the loopback; else its stand-in. */
export async function claudeCode(program: string | undefined): Promise<PageOptions> {
  if (program === undefined) {
    const standIn = fileURLToPath(new URL('claude-code.ts', import.meta.url));
    return { scripts: { claude: `exec '${process.execPath}' '${standIn}' "$@"` } };
  }
  const model = await startClaudeModel();
  return {
    tools: { claude: program },
    env: () => ({
      ANTHROPIC_BASE_URL: model,
      ANTHROPIC_API_KEY: 'none',
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    }),
  };
}

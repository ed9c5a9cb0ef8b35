import { text } from 'node:stream/consumers';

import { Env } from '@aftertrace/schema/names';

import { answerHook } from '../hook/answer-hook.ts';
import { ClaudeCodeInput } from '../hook/claude-code-input.ts';
import { findRules } from '../hook/find-rules.ts';
import { sendDecision } from '../hook/send-decision.ts';
import type { Output } from '../terminal/output.ts';

/** Claude Code goes on with the call. */
const GO_ON = 0;
/** The only exit code with which a hook of Claude Code blocks: with every other it goes on. */
const BLOCK = 2;

/** What a hook works with. */
export interface HookOptions {
  /** What Claude Code writes to the standard input. */
  readonly input: AsyncIterable<Buffer | string>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly now: () => number;
}

/**
 * `aftertrace hook claude-code`: decides about a tool call of Claude Code, or about its result. Says so as Claude Code wants
 * it. What it cannot do, it refuses: with exit code 2, as every other one lets the call pass.
 */
export async function claudeCodeHook(options: HookOptions, output: Output): Promise<number> {
  let input: ClaudeCodeInput;
  try {
    input = ClaudeCodeInput.parse(JSON.parse(await text(options.input)));
  } catch (error) {
    output.err(`aftertrace: this is no call of a Claude Code hook: ${reasonOf(error)}`);
    return BLOCK;
  }
  const { env, now } = options;
  const agent = env[Env.AGENT] || 'claude-code';
  try {
    const rules = await findRules({ agent, instance: `claude-code-${input.session_id}`, env });
    if (rules === undefined) return GO_ON;
    const nowMillis = now();
    const answer = answerHook(input, rules, { agent, nowMillis });
    if (rules.companion !== undefined && answer.decision.verdict !== 'allow') {
      const toolCallId = input.tool_use_id;
      await sendDecision(rules.companion, answer, { nowMillis, toolCallId, env });
    }
    if (answer.output !== undefined) output.out(JSON.stringify(answer.output));
    return GO_ON;
  } catch (error) {
    return ungoverned(env, reasonOf(error), output);
  }
}

/** The rules could not be had, or the record not be made. */
function ungoverned(env: HookOptions['env'], why: string, output: Output): number {
  if (env[Env.ON_START] === 'open') {
    const systemMessage = `aftertrace: this call is not governed: ${why}`;
    output.out(JSON.stringify({ systemMessage }));
    return GO_ON;
  }
  output.err(
    `aftertrace: the call is refused, as it could not be judged: ${why}. ${Env.ON_START}=open lets such calls pass.`,
  );
  return BLOCK;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
}

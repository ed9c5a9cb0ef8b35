import { spawn } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** What `pnpm build` does: the packages as they are published. What is wrong, as the programs say it; empty: nothing. */
export async function buildPackages(): Promise<readonly string[]> {
  const tsc = path.join(ROOT, 'node_modules/.bin/tsc');
  const build = path.join(ROOT, 'tsconfig.build.json');
  const problems = await runProgram(tsc, ['-b', build, '--force']);
  if (problems.length > 0) return problems;
  return runProgram(process.execPath, [path.join(ROOT, 'build/bundle.ts')]);
}

/** What it wrote to its output, a line each, where it failed; empty where it ended well. */
export async function runProgram(
  program: string,
  args: readonly string[],
): Promise<readonly string[]> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString('utf8')));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  return code === 0
    ? []
    : [`${path.basename(program)} ended with ${code}`, ...output.trim().split('\n')];
}

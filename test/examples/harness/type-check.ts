import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** Checks a project's files against the types of its frameworks; what is wrong, as the compiler says it. */
export async function typeCheck(project: string): Promise<readonly string[]> {
  const file = path.join(project, 'tsconfig.json');
  const settings = {
    extends: path.join(ROOT, 'examples/frameworks/tsconfig.json'),
    // Ours are as they are published, too.
    compilerOptions: { customConditions: [], typeRoots: [path.join(ROOT, 'node_modules/@types')] },
    include: ['*.ts'],
  };
  await writeFile(file, JSON.stringify(settings));
  return compile(['-p', file]);
}

/** What `pnpm build` does: the packages as they are published. */
export async function buildPackages(): Promise<readonly string[]> {
  const problems = await compile(['-b', path.join(ROOT, 'tsconfig.build.json'), '--force']);
  if (problems.length > 0) return problems;
  return run(process.execPath, [path.join(ROOT, 'build/bundle.ts')]);
}

function compile(args: readonly string[]): Promise<readonly string[]> {
  return run(path.join(ROOT, 'node_modules/.bin/tsc'), args);
}

async function run(program: string, args: readonly string[]): Promise<readonly string[]> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString('utf8')));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  return code === 0 ? [] : output.trim().split('\n');
}

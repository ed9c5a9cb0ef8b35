import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { runProgram } from '../../packages/build-packages.ts';

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
  return runProgram(path.join(ROOT, 'node_modules/.bin/tsc'), ['-p', file]);
}

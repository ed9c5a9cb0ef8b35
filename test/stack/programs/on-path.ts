import { accessSync, constants, statSync } from 'node:fs';
import path from 'node:path';

/**
 * Where a program is that was found by its name: scripts that stand in for it under that name on another PATH would else
 * start themselves, for ever. A path, and a name that is nowhere, stay as they are.
 */
export function onPath(program: string, env: NodeJS.ProcessEnv): string {
  if (program.includes(path.sep)) return program;
  const folders = (env['PATH'] ?? '').split(path.delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => path.resolve(folder, program)).find(isProgram) ?? program;
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

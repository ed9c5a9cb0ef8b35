import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/**
 * Compacts a directory in a process that dies when it is about to change the disk for the time number `dieAt`.
 *
 * @returns how often it changed the disk, where it came to its end
 */
export async function killedCompaction(
  dataDir: string,
  dieAt: number,
): Promise<number | undefined> {
  const script = join(import.meta.dirname, 'apps/compact-once.ts');
  const preload = join(import.meta.dirname, 'apps/die-at-change.ts');
  const child = spawn(
    process.execPath,
    ['--conditions=@aftertrace/source', '--import', preload, script, dataDir],
    { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, DIE_AT: String(dieAt) } },
  );
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  await once(child, 'close');
  const [, changes] = /^(\d+) changes$/m.exec(output) ?? [];
  return changes === undefined ? undefined : Number(changes);
}

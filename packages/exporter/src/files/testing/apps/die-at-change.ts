import { createRequire, syncBuiltinESMExports } from 'node:module';
import type * as fsPromises from 'node:fs/promises';

/**
 * Loaded before a program: the process is killed, as by `kill -9`, when it is about to change the disk for the time
 * number `DIE_AT`, from 1. At the end it prints how often it did.
 */
const dieAt = Number(process.env['DIE_AT']);
const promises = createRequire(import.meta.url)('node:fs/promises') as typeof fsPromises;
let changes = 0;

type Act = (this: unknown, ...args: unknown[]) => Promise<unknown>;

function countIn(target: object, name: string, changesDisk: (args: readonly unknown[]) => boolean) {
  const acts = target as Record<string, Act>;
  const real = acts[name];
  if (real === undefined) throw new Error(`there is no ${name} to count`);
  acts[name] = function counted(...args) {
    if (changesDisk(args)) {
      changes += 1;
      if (changes === dieAt) process.kill(process.pid, 'SIGKILL');
    }
    return real.apply(this, args);
  };
}

const always = (): boolean => true;
const handle = await promises.open(process.execPath, 'r');
const prototype = Object.getPrototypeOf(handle) as object;
await handle.close();
for (const name of ['write', 'writev', 'writeFile', 'appendFile', 'truncate', 'sync', 'datasync'])
  countIn(prototype, name, always);
for (const name of ['mkdir', 'rename', 'unlink', 'rm', 'writeFile', 'appendFile', 'truncate'])
  countIn(promises, name, always);
countIn(promises, 'open', ([, how]) => typeof how === 'string' && how !== 'r');
syncBuiltinESMExports();
process.on('exit', () => process.stdout.write(`${changes} changes\n`));

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { expect, test } from 'vitest';

const RUN = fileURLToPath(new URL('run.ts', import.meta.url));

function bench(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--conditions=@aftertrace/source', RUN, ...args],
    { encoding: 'utf8' },
  );
  return { status, stdout, stderr };
}

test.each([
  [[], 'usage: pnpm bench NAME'],
  [['companion'], 'usage: pnpm bench companion [--json FILE] [PART…]'],
])('%j says what it takes when it is asked', (args, usage) => {
  const { status, stdout, stderr } = bench(...args, '--help');
  expect(stdout).toContain(usage);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});

test.each([
  [['nix'], 'there is no benchmark nix'],
  [['companion', '--foo'], "Unknown option '--foo'"],
  [['companion', 'foo'], 'there is no part foo'],
  [['ledger', '--entries', '0'], '--entries takes a whole number from 1 on, not 0'],
  [['policy', '--json'], '--json takes the name of a file'],
])('%j is told in a line, with the usage', (args, message) => {
  const { status, stdout, stderr } = bench(...args);
  expect(stderr).toContain(message);
  expect(stderr).toContain('usage: pnpm bench');
  expect(stderr).not.toContain('    at ');
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
});

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, expect, test } from 'vitest';

import { onPath } from './on-path.ts';

const dir = mkdtempSync(path.join(tmpdir(), 'aftertrace-path-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

test('a program that was found by its name is told with its place', () => {
  const [first, second] = ['first', 'second'].map((name) => path.join(dir, name));
  mkdirSync(path.join(first ?? '', 'otelcol'), { recursive: true });
  mkdirSync(second ?? '');
  const file = path.join(second ?? '', 'otelcol');
  writeFileSync(file, '', { mode: 0o755 });
  writeFileSync(path.join(second ?? '', 'text'), '', { mode: 0o644 });
  const env = { PATH: `${first}:${second}` };
  // A directory of that name is none.
  expect(onPath('otelcol', env)).toBe(file);
  expect(onPath('text', env)).toBe('text');
  expect(onPath('nowhere', env)).toBe('nowhere');
  expect(onPath('/usr/bin/otelcol', env)).toBe('/usr/bin/otelcol');
});

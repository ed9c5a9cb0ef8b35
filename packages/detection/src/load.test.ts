import { execFileSync } from 'node:child_process';

import { expect, it } from 'vitest';

/** Loads this package in a process of its own and lists what came with it. */
const PROGRAM = `
import { registerHooks } from 'node:module';
const loaded = [];
registerHooks({ load(url, context, next) { loaded.push(url); return next(url, context); } });
await import(${JSON.stringify(new URL('./index.ts', import.meta.url).href)});
console.log(JSON.stringify(loaded));
`;

it('loads no library: an agent starts without it', () => {
  const output = execFileSync(
    process.execPath,
    ['--conditions=@aftertrace/source', '--input-type=module', '--eval', PROGRAM],
    { encoding: 'utf8' },
  );
  const loaded = JSON.parse(output) as readonly string[];
  expect(loaded.length).toBeGreaterThan(5);
  expect(loaded.filter((url) => !url.includes('/packages/detection/src/'))).toEqual([]);
});

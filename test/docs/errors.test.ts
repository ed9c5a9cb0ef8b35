import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { describe, expect, test } from 'vitest';

const read = (file: string): string =>
  readFileSync(fileURLToPath(new URL(`../../${file}`, import.meta.url)), 'utf8');
const page = read('docs/reference/errors.md');

/** The members of a union of string literals. */
function unionOf(file: string, name: string): string[] {
  const source = read(file).replaceAll(/\/\*[\s\S]*?\*\//g, '');
  const union = new RegExp(`export type ${name} =([^;]*);`).exec(source)?.[1] ?? '';
  return [...union.matchAll(/'([a-z_]+)'/g)].map(([, code]) => String(code)).sort();
}

/** The codes in the first column of a section's table. */
function codesOf(heading: string): string[] {
  const section = page.split(/^## /m).find((part) => part.startsWith(heading)) ?? '';
  return [...section.matchAll(/^\| `([a-z_]+)`\s+\|/gm)].map(([, code]) => String(code)).sort();
}

describe('every error code is on the reference page, and nothing else is', () => {
  test.each([
    [
      '@aftertrace/instrumentation',
      'packages/instrumentation/src/errors.ts',
      'AftertraceErrorCode',
    ],
    ['@aftertrace/exporter', 'packages/exporter/src/exporter-error.ts', 'ExporterErrorCode'],
    ['@aftertrace/ledger', 'packages/ledger/src/ledger-error.ts', 'LedgerErrorCode'],
    ['@aftertrace/incidents', 'packages/incidents/src/errors.ts', 'IncidentsErrorCode'],
    ['@aftertrace/control', 'packages/control/src/control-problem.ts', 'ControlProblemCode'],
  ])('%s', (heading, file, name) => {
    const codes = unionOf(file, name);
    expect(codes.length).toBeGreaterThan(0);
    expect(codesOf(heading)).toEqual(codes);
  });
});

import { describe, expect, inject, test } from 'vitest';

import type { FoundPrograms, ProgramName } from './find-programs.ts';
import type { Program } from './program.ts';

/**
 * `describe` for suites that need real programs of others. Where one is missing, the suite is skipped (what is missing
 * was told before the first suite), and fails where `CI=true`.
 */
export function describeWith<const Names extends ProgramName>(
  names: readonly Names[],
  title: string,
  suite: (programs: Readonly<Record<Names, Program>>) => void,
): void {
  const found = inject('programs');
  const missing = names.filter((name) => found[name] === undefined);
  if (hasAll(found, names)) {
    describe(title, () => suite(found));
  } else if (process.env['CI'] === 'true') {
    describe(title, () => {
      test('the programs that it needs are here', () => expect(missing).toEqual([]));
    });
  } else {
    describe.skip(`${title} (NO ${missing.join(', NO ')})`, () => test('needs them'));
  }
}

function hasAll<Names extends ProgramName>(
  found: FoundPrograms,
  names: readonly Names[],
): found is Readonly<Record<Names, Program>> {
  return names.every((name) => found[name] !== undefined);
}

import { describe, inject } from 'vitest';

import type { FoundPrograms, ProgramName } from './find-programs.ts';
import type { Program } from './program.ts';

/**
 * `describe` for suites that need real programs of others. Where one is missing, the suite is skipped; that was told
 * before the first suite, and where `CI=true` nothing ran at all.
 */
export function describeWith<const Names extends ProgramName>(
  names: readonly Names[],
  title: string,
  suite: (programs: Readonly<Record<Names, Program>>) => void,
): void {
  const found = inject('programs');
  const missing = names.filter((name) => found[name] === undefined);
  const lacks = missing.map((name) => `, NO ${name}`).join('');
  const present = hasAll(found, names) ? found : undefined;
  describe.runIf(present !== undefined)(`${title}${lacks}`, () => {
    // Called where it is skipped as well, to know its tests; but suites count on their programs.
    if (present !== undefined) suite(present);
  });
}

function hasAll<Names extends ProgramName>(
  found: FoundPrograms,
  names: readonly Names[],
): found is Readonly<Record<Names, Program>> {
  return names.every((name) => found[name] !== undefined);
}

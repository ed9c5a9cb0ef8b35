import type { TestProject } from 'vitest/node';

import {
  findPrograms,
  OPTIONAL_PROGRAMS,
  PROGRAM_NAMES,
  type FoundPrograms,
} from './find-programs.ts';

declare module 'vitest' {
  interface ProvidedContext {
    readonly programs: FoundPrograms;
  }
}

/** Once before all suites: what is missing is built, or told loudly, and is an error where `CI=true` (but for what is optional). */
export async function setup({ provide }: TestProject): Promise<void> {
  const note = (text: string): void => void process.stderr.write(`${text}\n`);
  const programs = await findPrograms(PROGRAM_NAMES, { note });
  const missing = PROGRAM_NAMES.filter((name) => programs[name] === undefined);
  for (const [name, { version, program }] of Object.entries(programs)) {
    note(`${name} ${version}: ${program}`);
  }
  for (const name of missing) note(`!! NO ${name.toUpperCase()}: suites that need it are SKIPPED`);
  const needed = missing.filter((name) => !OPTIONAL_PROGRAMS.has(name));
  if (needed.length > 0 && process.env['CI'] === 'true') {
    throw new Error(
      `nothing may be skipped where CI=true, and this is missing: ${needed.join(', ')}`,
    );
  }
  provide('programs', programs);
}

import type { TestProject } from 'vitest/node';

import { findPrograms, PROGRAM_NAMES, type FoundPrograms } from './find-programs.ts';

declare module 'vitest' {
  interface ProvidedContext {
    readonly programs: FoundPrograms;
  }
}

/** Once before all suites: what is missing is built or told, loudly. */
export async function setup({ provide }: TestProject): Promise<void> {
  const note = (text: string): void => void process.stderr.write(`${text}\n`);
  const programs = await findPrograms(PROGRAM_NAMES, { note });
  for (const name of PROGRAM_NAMES) {
    const program = programs[name];
    if (program === undefined)
      note(`!! NO ${name.toUpperCase()}: what needs it is ${missingMeans()}`);
    else note(`${name} ${program.version}: ${program.program}`);
  }
  provide('programs', programs);
}

function missingMeans(): string {
  return process.env['CI'] === 'true' ? 'FAILED' : 'SKIPPED';
}

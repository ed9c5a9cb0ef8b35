/** Finds or builds what the suites of the stack need and prints where it is: `node build-programs.ts [NAME ...]`. */
import { findPrograms, OPTIONAL_PROGRAMS, PROGRAM_NAMES } from './find-programs.ts';

const asked = process.argv.slice(2);
const names = PROGRAM_NAMES.filter((name) => asked.length === 0 || asked.includes(name));
const found = await findPrograms(names, { note: (text) => void process.stderr.write(`${text}\n`) });
for (const name of names) {
  const one = found[name];
  process.stdout.write(
    one === undefined ? `${name}: MISSING\n` : `${name}: ${one.program} ${one.version}\n`,
  );
  if (one === undefined && !OPTIONAL_PROGRAMS.has(name)) process.exitCode = 1;
}

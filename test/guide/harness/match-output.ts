const ANYTHING = '…';

/**
 * Whether a command printed what a page shows. `…` in a line stands for anything within it, a line of nothing else for
 * any lines or none. Blanks count once, since the width of a column depends on what stands in it.
 */
export function matchesOutput(shown: string, printed: string): boolean {
  return new RegExp(`^${patternOf(shown)}$`, 'u').test(plainOf(printed));
}

/** The same for a program that goes on: what is shown is how it begins. */
export function beginsAsShown(shown: string, printed: string): boolean {
  return new RegExp(`^${patternOf(shown)}`, 'u').test(plainOf(printed));
}

function patternOf(shown: string): string {
  return plainOf(shown)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) =>
      line === ANYTHING
        ? String.raw`(?:[^\n]*\n)*?`
        : `${line
            .split(ANYTHING)
            .map(escaped)
            .join(String.raw`[^\n]*`)}\n`,
    )
    .join('');
}

/** Without colours, without blank lines, blanks counted once, and each line ended. */
function plainOf(text: string): string {
  const lines = text
    // eslint-disable-next-line no-control-regex -- escape sequences are what it is about
    .replaceAll(/\u001b\[[0-9;]*m/g, '')
    .split(/\r?\n/)
    .map((line) => line.replaceAll(/[ \t]+/g, ' ').trim());
  return lines
    .filter((line) => line !== '')
    .map((line) => `${line}\n`)
    .join('');
}

function escaped(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`);
}

/** One thing that is wrong with a bundle. */
export interface BundleProblem {
  /** What was wrong, what was expected and what to do. */
  readonly message: string;
  /** Where in the bundle, as member names and list positions from 0. */
  readonly path: readonly (string | number)[];
  /** The rule that it is about. */
  readonly rule?: string;
  readonly file?: string;
  /** From 1. */
  readonly line?: number;
  /** From 1. */
  readonly column?: number;
}

/** One line for a person: `policy.yaml:12:5: rules[2].match.tool: …`. Control characters are escaped. */
export function formatProblem(problem: BundleProblem): string {
  const place = [problem.file, problem.line, problem.column].filter((part) => part !== undefined);
  const path = problem.path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${part}`))
    .join('')
    .replace(/^\./, '');
  const rule = problem.rule === undefined ? '' : `rule ${problem.rule}`;
  const parts = [place.join(':'), path, rule, problem.message].filter((part) => part !== '');
  return printable(parts.join(': '));
}

function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (character) => {
    return `\\u{${character.codePointAt(0)?.toString(16) ?? ''}}`;
  });
}

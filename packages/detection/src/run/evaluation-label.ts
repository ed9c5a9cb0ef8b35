const FAIL_LABELS: ReadonlySet<string> = new Set([
  'fail',
  'failed',
  'failure',
  'incorrect',
  'wrong',
  'unsatisfactory',
  'unsuccessful',
  'bad',
  'no',
  'false',
]);
const PASS_LABELS: ReadonlySet<string> = new Set([
  'pass',
  'passed',
  'success',
  'successful',
  'correct',
  'satisfactory',
  'good',
  'yes',
  'true',
]);

/** What the label of an evaluation result says of the run; `undefined` for labels that are not known. */
export function verdictOfLabel(label: string | undefined): 'failed' | 'passed' | undefined {
  const word = label?.slice(0, 40).trim().toLowerCase() ?? '';
  if (FAIL_LABELS.has(word)) return 'failed';
  return PASS_LABELS.has(word) ? 'passed' : undefined;
}

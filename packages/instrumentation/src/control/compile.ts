import type { BundleProblem } from '@aftertrace/policy/compile';

import type { BundleResult } from './enforcement.ts';

/** At most this many problems travel in an acknowledgement. */
const MAX_PROBLEMS = 50;

/** Compiles a bundle that came as a value. The compiler, and zod with it, is loaded when the first one comes. */
export async function compileValue(bundle: unknown): Promise<BundleResult> {
  const { compileBundle, formatProblem } = await import('@aftertrace/policy/compile');
  const result = compileBundle(bundle);
  return result.ok
    ? { ok: true, policy: result.policy }
    : refusal(revisionOf(bundle), result.problems, formatProblem);
}

/** Compiles the text of a file, YAML or JSON. */
export async function compileText(text: string, file: string): Promise<BundleResult> {
  const { parseBundle, formatProblem } = await import('@aftertrace/policy/compile');
  const result = parseBundle(text, { file });
  return result.ok
    ? { ok: true, policy: result.policy }
    : refusal(0, result.problems, formatProblem);
}

/** The revision that a bundle claims; 0 where it has none that can be read. */
export function revisionOf(bundle: unknown): number {
  const revision: unknown =
    typeof bundle === 'object' && bundle !== null
      ? (bundle as { readonly revision?: unknown }).revision
      : undefined;
  return typeof revision === 'number' && Number.isSafeInteger(revision) && revision >= 0
    ? revision
    : 0;
}

function refusal(
  revision: number,
  problems: readonly BundleProblem[],
  format: (problem: BundleProblem) => string,
): BundleResult {
  return { ok: false, revision, problems: problems.slice(0, MAX_PROBLEMS).map(format) };
}

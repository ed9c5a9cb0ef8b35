import type { BundleFile, BundleProblem } from '@aftertrace/policy/compile';

import type { BundleResult } from './enforcement.ts';
import type { PolicyTrust } from './policy-trust.ts';

/** At most this many problems travel in an acknowledgement. */
const MAX_PROBLEMS = 50;

/**
 * Compiles a bundle that came as a value, if it may be trusted. The compiler, and zod with it, is loaded when the first one
 * comes, unless it was before (`preload-compiler.ts`).
 */
export async function compileValue(bundle: unknown, trust: PolicyTrust): Promise<BundleResult> {
  const problems = await trust.problemsOf(bundle);
  if (problems.length > 0) return { ok: false, revision: revisionOf(bundle), problems };
  const { compileBundle, formatProblem } = await import('@aftertrace/policy/compile');
  const result = compileBundle(bundle);
  return result.ok
    ? { ok: true, policy: result.policy }
    : refusal(revisionOf(bundle), result.problems, formatProblem);
}

/** Compiles the files of a bundle, YAML or JSON, if they may be trusted. */
export async function compileFiles(
  files: readonly BundleFile[],
  trust: PolicyTrust,
): Promise<BundleResult> {
  const { compileBundle, readBundle, formatProblem } = await import('@aftertrace/policy/compile');
  const read = readBundle(files);
  if (!read.ok) return refusal(0, read.problems, formatProblem);
  const revision = revisionOf(read.written);
  const problems = await trust.problemsOf(read.written);
  if (problems.length > 0) return { ok: false, revision, problems };
  const result = compileBundle(read.written);
  return result.ok
    ? { ok: true, policy: result.policy }
    : refusal(revision, result.problems.map(read.locate), formatProblem);
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
  const told = problems.slice(0, MAX_PROBLEMS).map(format);
  const omitted = problems.length - told.length;
  if (omitted > 0) told.push(`and ${omitted} more; \`aftertrace policy check\` lists them`);
  return { ok: false, revision, problems: told };
}

import type { ControlClient, PublishedPolicyRecord } from '@aftertrace/control';
import { compileBundle, formatProblem } from '@aftertrace/policy/compile';

import { connect, valueOf } from '../connect.ts';
import { CommandError } from '../exit-code.ts';
import { loadBundle, type LoadedBundle } from './load-bundle.ts';

/** A bundle that somebody named: a file, a directory, `@current`, or `@` and a revision of the companion. */
export interface NamedBundle extends Omit<LoadedBundle, 'locate'> {
  /** For people. */
  readonly name: string;
}

/**
 * Finds a bundle by its name.
 *
 * @throws CommandError where there is none, or where it is none.
 */
export async function findBundle(ref: string, data: string | undefined): Promise<NamedBundle> {
  if (!ref.startsWith('@')) return { ...(await loadBundle(ref)), name: ref };
  const record = await publishedBundle(await connect(data), ref);
  const { bundle: written } = record;
  const name = `${written.name} revision ${written.revision}`;
  const result = compileBundle(written);
  if (result.ok) return { policy: result.policy, bundle: result.bundle, written, name };
  const lines = result.problems.map((problem) => `  ${formatProblem(problem)}`);
  throw new CommandError(`${name} does not hold in this version:\n${lines.join('\n')}`);
}

async function publishedBundle(client: ControlClient, ref: string): Promise<PublishedPolicyRecord> {
  if (ref === '@current') {
    const current = valueOf(await client.policy());
    if (current === undefined) throw new CommandError('no policy has been published');
    return current;
  }
  const revision = /^@(\d{1,15})$/.exec(ref)?.[1];
  if (revision === undefined) {
    throw new CommandError(
      `${ref} names no bundle; give a file, a directory, @current, or @ and a revision such as @7`,
    );
  }
  return valueOf(await client.policyRevision(Number(revision)));
}

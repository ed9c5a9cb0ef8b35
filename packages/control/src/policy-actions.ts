import {
  checkSignatures,
  compileBundle,
  formatProblem,
  readTrustedKeys,
  type BundleProblem,
} from '@aftertrace/policy/compile';
import { digest, type Actor } from '@aftertrace/schema';

import type { PolicyRevision } from './client/published-policy-record.ts';
import { readEntry, type AuditDataOf } from './audit-data.ts';
import { MAX_PROBLEMS } from './containment-actions.ts';
import { opened, recording, type ControlCore } from './control-core.ts';
import { publishedPolicy, type PublishedPolicy } from './control-model.ts';
import { refuse, succeed, type ControlResult, type FieldProblem } from './control-problem.ts';

/** The members of a bundle as it is written, with who publishes it and why. */
export interface PublishRequest {
  readonly name: string;
  readonly rules: readonly unknown[];
  /** Higher than that in force. Absent: the companion gives the next one, which no signature can cover. */
  readonly revision?: number | undefined;
  /** The identity that was verified. */
  readonly actor: Actor;
  readonly reason: string;
  /** The earlier revision whose content it is. */
  readonly rollbackOf?: number | undefined;
  /** Every other member is the bundle's. */
  readonly [member: string]: unknown;
}

/** The text of the pinned keys, read for each publication so that keys are changed without a restart. */
export type ReadPolicyKeys = () => Promise<string>;

/**
 * Publishes a bundle as the next revision. One with any problem, a failing test of a rule or a signature that does not hold
 * among them, is refused whole and changes nothing; the refusal is recorded. Where duties are separated nobody publishes alone.
 */
export async function publishPolicy(
  core: ControlCore,
  request: PublishRequest,
): Promise<ControlResult<PublishedPolicy>> {
  const { actor, reason, rollbackOf } = request;
  if (core.separateDuties) {
    return refuse(
      'separation_of_duties',
      `${actor.id} may not publish a policy alone: duties are separated here. Propose it (aftertrace policy propose), and another person approves it (aftertrace policy approve).`,
    );
  }
  const about = { actor, reason, ...(rollbackOf === undefined ? {} : { rollbackOf }) };
  return core.queue.run('policy', async () =>
    recording(core, async () => publishChecked(core, writtenBundle(core, request), about)),
  );
}

/** Who publishes, and why. */
interface Publication {
  readonly actor: Actor;
  readonly reason: string;
  readonly rollbackOf?: number;
  /** The proposal that is approved so. */
  readonly proposal?: string;
  readonly proposedBy?: Actor;
}

/** Checks a bundle and publishes it; in the turn of the policy. */
export async function publishChecked(
  core: ControlCore,
  written: Written,
  { actor, ...about }: Publication,
): Promise<ControlResult<PublishedPolicy>> {
  const order = orderProblem(core, written.revision);
  if (order !== undefined) return order;
  const checked = await checkBundle(core, written);
  if ('problems' in checked) return refuseWhole(core, { written, actor }, checked.problems);
  const { signedBy } = checked;
  const data: AuditDataOf<'policy.published'> = {
    bundle: written,
    digest: digest(written),
    ...about,
    ...(signedBy === undefined ? {} : { signedBy: [...signedBy] }),
  };
  await core.record('policy.published', data, actor);
  const { policy } = core.model;
  if (policy === undefined) return refuse('internal', 'The policy was not kept.');
  return succeed(policy);
}

/** The refusal of a bundle that could not be published, recorded; undefined where it could. */
export async function refuseUnsound(
  core: ControlCore,
  written: Written,
  actor: Actor,
): Promise<ReturnType<typeof refuse> | undefined> {
  const order = orderProblem(core, written.revision);
  if (order !== undefined) return order;
  const checked = await checkBundle(core, written);
  return 'problems' in checked
    ? refuseWhole(core, { written, actor }, checked.problems)
    : undefined;
}

async function refuseWhole(
  core: ControlCore,
  { written, actor }: { readonly written: Written; readonly actor: Actor },
  problems: readonly BundleProblem[],
): Promise<ReturnType<typeof refuse>> {
  const listed = problems.slice(0, MAX_PROBLEMS).map(formatProblem);
  const data = { name: written.name, problems: listed, omitted: problems.length - listed.length };
  await core.record('policy.refused', data, actor);
  return refuse(
    'policy_refused',
    `The policy was refused whole; ${current(core)}. Correct what is listed and publish again.`,
    problems.map(toFieldProblem),
  );
}

/** Every revision that was published, oldest first, from the ledger. */
export async function listPolicyRevisions(core: ControlCore): Promise<readonly PolicyRevision[]> {
  const revisions: PolicyRevision[] = [];
  for await (const { bundle, ...about } of publications(core)) {
    const { name, revision, rules } = bundle;
    revisions.push({ ...about, name, revision, rules: rules.length });
  }
  return revisions;
}

/** One of them, with its bundle as it was written. */
export async function findPolicyRevision(
  core: ControlCore,
  id: string,
): Promise<ControlResult<PublishedPolicy>> {
  let found: PublishedPolicy | undefined;
  for await (const policy of publications(core)) {
    if (String(policy.bundle.revision) === id) found = policy;
  }
  if (found !== undefined) return succeed(found);
  return refuse('not_found', `There is no policy revision ${id}; ${current(core)}.`);
}

async function* publications(core: ControlCore): AsyncGenerator<PublishedPolicy> {
  for await (const entry of core.ledger.entries({ types: ['policy.published'] })) {
    const read = readEntry(entry);
    if (read?.type === 'policy.published') yield publishedPolicy(await opened(core.details, read));
  }
}

/** A bundle as it was written. */
export type Written = AuditDataOf<'policy.published'>['bundle'];

/** What a signature covers and agents get: the members as they came, and a revision where none was given. */
export function writtenBundle(core: ControlCore, request: PublishRequest): Written {
  const { actor: _, reason: __, rollbackOf: ___, ...members } = request;
  const present = Object.entries(members).filter(([, value]) => value !== undefined);
  const revision = (core.model.policy?.bundle.revision ?? 0) + 1;
  return { revision, ...Object.fromEntries(present) } as Written;
}

/** A revision is never published twice, and never an older one: who signed it did not know what is in force. */
function orderProblem(core: ControlCore, revision: number): ReturnType<typeof refuse> | undefined {
  const present = core.model.policy?.bundle.revision;
  if (present === undefined || revision > present) return undefined;
  return refuse(
    'conflict',
    `Revision ${revision} is not higher than ${present}, which is in force. Look at what is in force, then publish as revision ${present + 1} or higher.`,
  );
}

type Checked =
  | { readonly signedBy: readonly string[] | undefined }
  | { readonly problems: readonly BundleProblem[] };

async function checkBundle(core: ControlCore, written: Written): Promise<Checked> {
  const signatures = await checkPinned(core, written);
  if ('problems' in signatures) return signatures;
  const compiled = compileBundle(written);
  return compiled.ok ? signatures : { problems: compiled.problems };
}

async function checkPinned(core: ControlCore, written: Written): Promise<Checked> {
  if (core.readPolicyKeys === undefined) return { signedBy: undefined };
  try {
    const check = checkSignatures(written, readTrustedKeys(await core.readPolicyKeys()));
    return check.ok ? { signedBy: check.keyIds } : { problems: check.problems };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const message = `the companion's policy keys cannot be used: ${reason}`;
    return { problems: [{ message, path: ['signatures'] }] };
  }
}

function current(core: ControlCore): string {
  const { policy } = core.model;
  return policy === undefined
    ? 'there is none in force'
    : `revision ${policy.bundle.revision} stays in force`;
}

function toFieldProblem(problem: BundleProblem): FieldProblem {
  const { message, ...place } = problem;
  const where = formatProblem({ ...place, message: '' });
  return { path: where, message };
}

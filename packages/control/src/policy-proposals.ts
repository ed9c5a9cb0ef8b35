import { digest, type Actor } from '@aftertrace/schema';

import type { PolicyProposal } from './client/policy-proposal.ts';
import { recording, type ControlCore } from './control-core.ts';
import type { PublishedPolicy } from './control-model.ts';
import { refuse, succeed, type ControlResult } from './control-problem.ts';
import {
  publishChecked,
  refuseUnsound,
  writtenBundle,
  type PublishRequest,
} from './policy-actions.ts';

/** What a person says about a proposal, with the identity that was verified. */
export interface ProposalWord {
  readonly id: string;
  readonly actor: Actor;
  readonly reason: string;
  /** On an approval: the revision in force that it replaces, where that is not the one it was proposed for. */
  readonly onto?: number | undefined;
}

/** Nobody reads more, and each is a whole bundle in memory. */
const MAX_PROPOSALS = 100;

/** Takes a bundle for another person to approve. One with any problem is refused whole, as when it is published. */
export async function proposePolicy(
  core: ControlCore,
  request: PublishRequest,
): Promise<ControlResult<PolicyProposal>> {
  const { actor, reason, rollbackOf } = request;
  return core.queue.run('policy', async () =>
    recording(core, async () => {
      if (core.model.proposals.size >= MAX_PROPOSALS) {
        const message = `${MAX_PROPOSALS} proposals wait; approve or reject some of them first.`;
        return refuse('overloaded', message);
      }
      const bundle = writtenBundle(core, request);
      const unsound = await refuseUnsound(core, bundle, actor);
      if (unsound !== undefined) return unsound;
      const proposal = `prp_${core.randomId()}`;
      const about = { bundle, digest: digest(bundle), reason, base: revisionInForce(core) };
      const source = rollbackOf === undefined ? {} : { rollbackOf };
      await core.record('policy.proposed', { proposal, ...about, ...source }, actor);
      const kept = core.model.proposals.get(proposal);
      return kept === undefined
        ? refuse('internal', `Proposal ${proposal} was not kept.`)
        : succeed(kept);
    }),
  );
}

/**
 * Publishes what was proposed, in the name of who approves it. Where duties are separated that is another person than who
 * proposed it. It is checked again: keys may have changed since. Where something else was published since, it takes the
 * approver's word that they know: a bundle replaces the whole one in force.
 */
export async function approveProposal(
  core: ControlCore,
  { id, actor, reason, onto }: ProposalWord,
): Promise<ControlResult<PublishedPolicy>> {
  return core.queue.run('policy', async () =>
    recording(core, async () => {
      const proposal = core.model.proposals.get(id);
      if (proposal === undefined) return noProposal(id);
      const by = proposal.actor;
      const separated = core.separation({ act: `approve ${id}`, by: actor, earlier: [by] });
      if (separated !== undefined) return separated;
      const stale = staleProblem(core, proposal, onto);
      if (stale !== undefined) return stale;
      const { rollbackOf } = proposal;
      const source = rollbackOf === undefined ? {} : { rollbackOf };
      const about = { actor, reason, proposal: id, proposedBy: by, ...source };
      return publishChecked(core, numbered(core, proposal), about);
    }),
  );
}

/** Lets a proposal go. Whoever may propose may do it, the proposer too. */
export async function rejectProposal(
  core: ControlCore,
  { id, actor, reason }: ProposalWord,
): Promise<ControlResult<PolicyProposal>> {
  return core.queue.run('policy', async () =>
    recording(core, async () => {
      const proposal = core.model.proposals.get(id);
      if (proposal === undefined) return noProposal(id);
      await core.record('policy.rejected', { proposal: id, reason }, actor);
      return succeed(proposal);
    }),
  );
}

function revisionInForce(core: ControlCore): number {
  return core.model.policy?.bundle.revision ?? 0;
}

/** Why this is not what was meant to be replaced. Of one from before proposals said that, nothing is known. */
function staleProblem(
  core: ControlCore,
  { id, base }: PolicyProposal,
  onto: number | undefined,
): ReturnType<typeof refuse> | undefined {
  const present = revisionInForce(core);
  const meant = onto ?? base;
  if (meant === undefined || meant === present) return undefined;
  const { policy } = core.model;
  const since = policy === undefined ? '' : ` (by ${policy.actor.id} at ${policy.publishedAt})`;
  const what = onto === undefined ? 'was proposed for' : 'is to replace';
  return refuse(
    'conflict',
    `${id} ${what} revision ${meant}, and ${present} is in force${since}: approving it would undo what was published in between. Look at what it changes now (aftertrace policy proposals ${id}), then approve it with --onto ${present}, or reject it and have it proposed anew.`,
  );
}

/** What nobody has signed gets the next revision. */
function numbered(core: ControlCore, { bundle }: PolicyProposal): PolicyProposal['bundle'] {
  if ((bundle.signatures ?? []).length > 0) return bundle;
  const next = (core.model.policy?.bundle.revision ?? 0) + 1;
  return { ...bundle, revision: Math.max(bundle.revision, next) };
}

function noProposal(id: string): ReturnType<typeof refuse> {
  return refuse(
    'not_found',
    `There is no proposal ${id} that waits; the audit log says what became of it.`,
  );
}

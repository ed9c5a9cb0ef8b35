import type { ControlClient, PolicyProposal } from '@aftertrace/control';
import { diffBundles } from '@aftertrace/policy/compile';

import { requireActor } from '../actor.ts';
import { connect, valueOf } from '../connect.ts';
import { CommandError, ExitCode } from '../exit-code.ts';
import { renderChanges } from '../policy/render-changes.ts';
import type { Output } from '../terminal/output.ts';
import { sanitize } from '../terminal/sanitize.ts';
import { renderTable } from '../terminal/table.ts';
import { tell } from './policy-publish.ts';

/** What a word about a proposal is asked. */
interface WordOptions {
  readonly actor?: string;
  readonly reason: string;
  /** The companion that has this directory open. */
  readonly data?: string;
  readonly json: boolean;
}

/** `aftertrace policy approve ID`: publishes what another person has proposed. */
export async function approvePolicy(
  id: string,
  options: WordOptions & { readonly wait?: number; readonly onto?: number },
  output: Output,
): Promise<ExitCode> {
  const actor = requireActor(options.actor);
  const client = await connect(options.data);
  const { reason, onto } = options;
  const word = { actor, reason, ...(onto === undefined ? {} : { onto }) };
  const published = valueOf(await client.approveProposal(id, word));
  return tell({ client, published, written: undefined, options }, output);
}

/** `aftertrace policy reject ID` */
export async function rejectPolicy(
  id: string,
  options: WordOptions,
  output: Output,
): Promise<ExitCode> {
  const actor = requireActor(options.actor);
  const client = await connect(options.data);
  const proposal = valueOf(await client.rejectProposal(id, { actor, reason: options.reason }));
  output.out(options.json ? JSON.stringify(proposal) : `${sanitize(id)} is rejected`);
  return ExitCode.OK;
}

/** `aftertrace policy proposals [ID]`: those that wait; of one, what it would change. */
export async function listProposals(
  id: string | undefined,
  options: { readonly data?: string; readonly json: boolean },
  output: Output,
): Promise<ExitCode> {
  const client = await connect(options.data);
  const proposals = valueOf(await client.policyProposals());
  if (id !== undefined) return showProposal(client, oneOf(proposals, id), { options, output });
  const none = 'no policy waits for approval';
  const text = proposals.length === 0 ? none : renderTable(HEADINGS, proposals.map(row));
  output.out(options.json ? JSON.stringify(proposals) : text);
  return ExitCode.OK;
}

const HEADINGS = ['PROPOSAL', 'NAME', 'RULES', 'AT (UTC)', 'BY', 'REASON'];

function row({ id, bundle, at, actor, reason, rollbackOf }: PolicyProposal): string[] {
  const { name, rules } = bundle;
  const why = rollbackOf === undefined ? reason : `(as ${rollbackOf}) ${reason}`;
  return [id, name, String(rules.length), at.slice(0, 19).replace('T', ' '), actor.id, why];
}

function oneOf(proposals: readonly PolicyProposal[], id: string): PolicyProposal {
  const found = proposals.find((proposal) => proposal.id === id);
  if (found !== undefined) return found;
  throw new CommandError(`no proposal ${sanitize(id)} waits`);
}

/** What would change against what is in force. */
async function showProposal(
  client: ControlClient,
  proposal: PolicyProposal,
  { options, output }: { readonly options: { readonly json: boolean }; readonly output: Output },
): Promise<ExitCode> {
  if (options.json) {
    output.out(JSON.stringify(proposal));
    return ExitCode.OK;
  }
  const current = valueOf(await client.policy());
  const { bundle, actor, reason } = proposal;
  const before = current?.bundle ?? { ...bundle, rules: [] };
  output.out(renderChanges(diffBundles(before, bundle)));
  output.out(sanitize(`${proposal.id}: proposed by ${actor.id}: ${reason}`, 2_000));
  const present = current?.bundle.revision ?? 0;
  if (proposal.base !== undefined && proposal.base !== present)
    output.err(
      `proposed for revision ${proposal.base}, and ${present} is in force: what was published since is undone by it, as shown; approve it with --onto ${present}, or reject it`,
    );
  return ExitCode.OK;
}

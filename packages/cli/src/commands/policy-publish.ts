import type { ControlClient, PolicyRevision, PublishedPolicyRecord } from '@aftertrace/control';
import { diffBundles, signBundle } from '@aftertrace/policy/compile';
import type { PolicyPublishInput, WrittenBundle } from '@aftertrace/schema';
import type { SigningKey } from '@aftertrace/schema/ed25519';

import { requireActor } from '../actor.ts';
import { connect, valueOf } from '../connect.ts';
import { CommandError, ExitCode } from '../exit-code.ts';
import { renderChanges } from '../policy/render-changes.ts';
import { loadBundle } from '../policy/load-bundle.ts';
import { findSigningKey } from '../policy/signing-key.ts';
import { describeSpread, exitCodeOf, waitForRevision } from '../policy/spread.ts';
import type { Output } from '../terminal/output.ts';

/** What both ways of publishing are asked. */
export interface PublishOptions {
  readonly actor?: string;
  readonly reason: string;
  /** File with the private key to sign with. */
  readonly key?: string;
  /** The companion that has this directory open. */
  readonly data?: string;
  /** Longest wait in milliseconds; absent: do not wait. */
  readonly wait?: number;
  /** Leave it to another person to approve. */
  readonly propose?: boolean;
  readonly json: boolean;
}

/**
 * `aftertrace policy publish PATH`: as the next revision, or, where a key is given to sign it here, as the higher one that
 * the file says. What is signed already goes as it is.
 */
export async function publishPolicy(
  source: string,
  options: PublishOptions,
  output: Output,
): Promise<ExitCode> {
  const about = { actor: requireActor(options.actor), reason: options.reason };
  const key = await findSigningKey(options.key);
  const { written } = await loadBundle(source);
  const client = await connect(options.data);
  const current = valueOf(await client.policy());
  const bundle = numbered(written, { key, current: current?.bundle.revision ?? 0 });
  if (options.propose === true)
    return propose(client, { ...bundle, ...about }, { options, output });
  const published = await publish(client, { ...bundle, ...about });
  return tell({ client, published, written: written.revision, options }, output);
}

/** `aftertrace policy rollback`: the content of an earlier revision, signed and published as a new one. */
export async function rollBackPolicy(
  options: PublishOptions & { readonly to?: number },
  output: Output,
): Promise<ExitCode> {
  const about = { actor: requireActor(options.actor), reason: options.reason };
  const key = await findSigningKey(options.key);
  const client = await connect(options.data);
  const current = valueOf(await client.policy());
  if (current === undefined) throw new CommandError('no policy has been published');
  const { revision } = current.bundle;
  const target = options.to ?? previous(valueOf(await client.policyRevisions()), current);
  if (target === revision) throw new CommandError(`revision ${revision} is the one in force`);
  const { bundle } = valueOf(await client.policyRevision(target));
  const { signatures: _, ...content } = bundle;
  const next = { ...content, revision: revision + 1 } as WrittenBundle;
  const signed = key === undefined ? next : signBundle(next, key);
  if (!options.json) output.out(renderChanges(diffBundles(current.bundle, bundle)));
  const input = { ...signed, ...about, rollbackOf: target };
  if (options.propose === true) return propose(client, input, { options, output });
  const published = await publish(client, input);
  return tell({ client, published, written: undefined, options }, output);
}

/**
 * The revision whose content was in force before the one in force now. A rollback counts as the revision whose content it
 * has: each further one goes further back, and none to what was rolled back from.
 */
function previous(revisions: readonly PolicyRevision[], current: PublishedPolicyRecord): number {
  const content = current.rollbackOf ?? current.bundle.revision;
  const last = revisions.findLast(({ revision }) => revision < content);
  if (last !== undefined) return last.rollbackOf ?? last.revision;
  throw new CommandError(
    `there is no revision before ${content} to go back to; name one with --to`,
  );
}

type Numbered = Pick<PolicyPublishInput, 'name' | 'rules' | 'revision'>;

/** What is sent: a revision that a key signs, what others signed as it is, or what the companion counts. */
function numbered(
  written: WrittenBundle,
  { key, current }: { readonly key: SigningKey | undefined; readonly current: number },
): Numbered {
  const { signatures = [], ...content } = written;
  if (key === undefined && signatures.length > 0) return written;
  const next = Math.max(written.revision, current + 1);
  if (key !== undefined) {
    // Other signatures are of the revision that was written.
    const kept = next === written.revision ? { signatures } : {};
    return signBundle({ ...content, ...kept, revision: next }, key) as Numbered;
  }
  const { revision: _, ...unnumbered } = content;
  return unnumbered;
}

async function propose(
  client: ControlClient,
  input: PolicyPublishInput,
  { options, output }: { readonly options: PublishOptions; readonly output: Output },
): Promise<ExitCode> {
  const proposal = valueOf(await client.proposePolicy(input));
  const text = `proposed as ${proposal.id}; another person looks at it with "aftertrace policy proposals ${proposal.id}" and approves or rejects it`;
  output.out(options.json ? JSON.stringify(proposal) : text);
  return ExitCode.OK;
}

async function publish(
  client: ControlClient,
  input: PolicyPublishInput,
): Promise<PublishedPolicyRecord> {
  return valueOf(await client.publishPolicy(input));
}

/** What was published, and how it is told. */
interface Told {
  readonly client: ControlClient;
  readonly published: PublishedPolicyRecord;
  /** The revision that the file says. */
  readonly written: number | undefined;
  readonly options: Pick<PublishOptions, 'json' | 'wait'>;
}

/** Says that it was published, and where it is in force. */
export async function tell(told: Told, output: Output): Promise<ExitCode> {
  const { client, published, written, options } = told;
  const { name, revision } = published.bundle;
  const spread = await waitForRevision(client, revision, options.wait ?? 0);
  const { rollbackOf, signedBy } = published;
  if (options.json) {
    const about = rollbackOf === undefined ? {} : { rollbackOf };
    output.out(
      JSON.stringify({ ...spread, ...about, ...(signedBy === undefined ? {} : { signedBy }) }),
    );
  } else {
    const counted =
      written === undefined || written === revision
        ? ''
        : ` (the file says ${written}; the companion counts)`;
    const content = rollbackOf === undefined ? '' : `, with the content of revision ${rollbackOf}`;
    output.out(
      describeSpread(`${name} revision ${revision} published${content}${counted}`, spread),
    );
  }
  return exitCodeOf(spread, options.wait !== undefined);
}

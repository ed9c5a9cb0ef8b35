import type { QuarantinedCall } from '@aftertrace/schema';

import { requireActor } from '../actor.ts';
import { connect, valueOf } from '../connect.ts';
import { CommandError, ExitCode } from '../exit-code.ts';
import type { Output } from '../terminal/output.ts';
import { sanitize } from '../terminal/sanitize.ts';
import { renderTable } from '../terminal/table.ts';

interface HeldOptions {
  readonly data?: string;
  readonly json: boolean;
}

/** `aftertrace held`: calls that a quarantine has refused, with what they would have been called with. */
export async function listHeld(
  options: HeldOptions & { readonly all: boolean },
  output: Output,
): Promise<ExitCode> {
  const client = await connect(options.data);
  const calls = valueOf(await client.quarantined()).filter(
    ({ state }) => options.all || state === 'held' || state === 'lapsed',
  );
  if (options.json) output.out(JSON.stringify(calls));
  else if (calls.length === 0) {
    output.out(options.all ? 'nothing was held' : 'nothing in quarantine waits for a reviewer');
  } else {
    const heading = ['CALL', 'STATE', 'AGENT', 'TOOL', 'ARGUMENTS', 'REFUSED (UTC)'];
    output.out(renderTable(heading, calls.map(row), { maxColumnChars: 80 }));
  }
  return ExitCode.OK;
}

function row({ request, state }: QuarantinedCall): string[] {
  const { id, agent, tool, requestedAt } = request;
  const args = JSON.stringify(request.arguments) ?? '';
  return [id, state, agent, tool, args, requestedAt.slice(0, 19).replace('T', ' ')];
}

/** `aftertrace held show ID`: everything that is known of one, arguments whole. */
export async function showHeld(
  id: string,
  options: HeldOptions,
  output: Output,
): Promise<ExitCode> {
  const client = await connect(options.data);
  const call = valueOf(await client.quarantined()).find(({ request }) => request.id === id);
  if (call === undefined) {
    throw new CommandError(`there is no call ${sanitize(id)} in quarantine; see aftertrace held`);
  }
  if (options.json) output.out(JSON.stringify(call));
  else output.out(describe(call));
  return ExitCode.OK;
}

function describe({ request, state, override }: QuarantinedCall): string {
  const { agent, tool, run, conversation, containment, rule, reason, actionDigest } = request;
  const facts: readonly (readonly [string, string | undefined])[] = [
    ['state', state],
    ['agent', agent],
    ['tool', tool],
    ['run', run],
    ['conversation', conversation],
    ['refused', request.requestedAt],
    ['containment', containment],
    ['rule', containment === undefined ? rule : undefined],
    ['because', reason],
    ['action', actionDigest],
    [
      'reviewed',
      override === undefined
        ? undefined
        : `${override.decision} by ${override.actor.id} at ${override.at}: ${override.reason}`,
    ],
    ['outcome', override?.outcome.status],
  ];
  const lines = facts.flatMap(([name, value]) =>
    value === undefined ? [] : [`  ${name.padEnd(14)}${sanitize(value, 300)}`],
  );
  const args = JSON.stringify(request.arguments, null, 2) ?? 'destroyed';
  // Whole: what a reviewer releases must not end where it suits whoever wrote it.
  const shown = args.split('\n').map((line) => `    ${sanitize(line, Infinity)}`);
  return [sanitize(request.id), ...lines, '  arguments', ...shown].join('\n');
}

/** `aftertrace held release|discard ID`: a reviewer's word, once, with identity and reason. */
export async function reviewHeld(
  input: HeldOptions & {
    readonly id: string;
    readonly decision: 'release' | 'discard';
    readonly actor?: string;
    readonly reason: string;
    readonly ttl?: number;
  },
  output: Output,
): Promise<ExitCode> {
  const actor = requireActor(input.actor);
  const client = await connect(input.data);
  const { id, decision, reason, ttl } = input;
  const override = valueOf(
    await client.reviewHeld(id, {
      decision,
      actor,
      reason,
      ...(ttl === undefined ? {} : { ttlMillis: ttl }),
    }),
  );
  if (input.json) output.out(JSON.stringify(override));
  else {
    const what =
      decision === 'release'
        ? `one retry of this very action may run until ${override.expiresAt ?? ''}; nothing runs by itself`
        : 'it stays refused';
    output.out(`${sanitize(id)}: ${what}, recorded as ${override.id}`);
  }
  return ExitCode.OK;
}

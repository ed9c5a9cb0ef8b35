import type { ControlClient } from '@aftertrace/control';
import type { LeftReason, Rollback, RollbackInput, RollbackStep } from '@aftertrace/schema';

import { requireActor } from '../actor.ts';
import { connect, valueOf, valueOfOrdered } from '../connect.ts';
import { CommandError, ExitCode } from '../exit-code.ts';
import { confirm, type Ask } from '../terminal/confirm.ts';
import type { Output } from '../terminal/output.ts';
import { sanitize } from '../terminal/sanitize.ts';
import { renderTable } from '../terminal/table.ts';
import { undescribedCalls } from '../trajectories/undescribed-calls.ts';

/** What `aftertrace rollback` was asked. */
export interface RollbackOptions {
  readonly run?: string;
  readonly conversation?: string;
  readonly actor?: string;
  readonly reason: string;
  readonly data?: string;
  readonly dryRun: boolean;
  /** Ids of effects that may be undone though that is seen outside. */
  readonly confirm?: readonly string[];
  readonly confirmAll: boolean;
  /** Longest wait for its end in milliseconds. */
  readonly wait: number;
  readonly json: boolean;
}

/** What of the process a rollback needs. */
export interface RollbackPort {
  /** Asks whoever sits there; undefined: nobody does. */
  readonly ask: Ask | undefined;
  /** Milliseconds of any clock that goes on. */
  readonly now: () => number;
}

const POLL_MILLIS = 100;

/**
 * `aftertrace rollback --run|--conversation`: undoes what tools did, the last call first. What undoing would show outside is
 * asked about, one by one; what cannot be undone is listed. 0: all that is known is undone; 1: something is left.
 */
export async function rollBack(
  options: RollbackOptions,
  output: Output,
  port: RollbackPort = { ask: confirm(), now: () => performance.now() },
): Promise<ExitCode> {
  const input = toInput(options);
  const client = await connect(options.data);
  const plan = valueOf(await client.requestRollback({ ...input, dryRun: true }));
  if (options.dryRun) {
    await show(plan, options, output);
    return ExitCode.OK;
  }
  const confirmed = await confirmedOf(plan, options, { output, ask: port.ask });
  const ordered = valueOf(await client.requestRollback({ ...input, confirmed }));
  const rollback = await waitForEnd(client, ordered, { wait: options.wait, now: port.now });
  await show(rollback, options, output);
  if (rollback.state === 'running') return ExitCode.NOT_EFFECTIVE;
  return rollback.steps.every(isUndone) ? ExitCode.OK : ExitCode.FAILED;
}

function toInput(options: RollbackOptions): RollbackInput {
  const { run, conversation, reason } = options;
  if ((run === undefined) === (conversation === undefined)) {
    const message = 'say what is to be undone: either --run or --conversation';
    throw new CommandError(message, { exitCode: ExitCode.USAGE });
  }
  return {
    scope: run === undefined ? { conversation: conversation ?? '' } : { run },
    reason,
    actor: requireActor(options.actor),
  };
}

async function confirmedOf(
  plan: Rollback,
  { confirm: named = [], confirmAll, json }: RollbackOptions,
  { output, ask }: { readonly output: Output; readonly ask: Ask | undefined },
): Promise<string[]> {
  const confirmed: string[] = [...named];
  for (const { effect, left } of plan.steps) {
    if (left !== 'not_confirmed' || confirmed.includes(effect.id)) continue;
    const isWanted =
      confirmAll ||
      (!json &&
        (await ask?.(
          `${effect.tool} of ${effect.at} (${effect.id}): undoing it is seen outside. Undo it?`,
        )) === true);
    if (isWanted) confirmed.push(effect.id);
    else output.err(sanitize(`left: ${effect.id} (${effect.tool}), not confirmed`));
  }
  return confirmed;
}

async function waitForEnd(
  client: ControlClient,
  ordered: Rollback,
  { wait, now }: { readonly wait: number; readonly now: () => number },
): Promise<Rollback> {
  const deadline = now() + wait;
  let rollback = ordered;
  while (rollback.state === 'running' && rollback.id !== undefined && now() < deadline) {
    await new Promise((resolve) => {
      setTimeout(resolve, POLL_MILLIS);
    });
    rollback = valueOfOrdered(
      await client.rollback(rollback.id),
      `${rollback.id} is ordered; ask again with --dry-run`,
    );
  }
  return rollback;
}

function isUndone({ left, override }: RollbackStep): boolean {
  return left === 'undone_before' || override?.outcome.status === 'succeeded';
}

const STATES: Readonly<Record<Rollback['state'], string>> = {
  planned: 'nothing has been done: this is what would be',
  running: 'still under way',
  done: 'at its end',
  stopped: 'stopped: a step did not succeed',
};

const LEFT: Readonly<Record<LeftReason, string>> = {
  undone_before: 'undone before',
  not_confirmed: 'left: seen outside, not confirmed',
  irreversible: 'LEFT: cannot be undone',
  no_compensation: 'LEFT: its tool registered nothing that undoes it',
  no_process: 'left: no process that knows how is connected',
  unknown_before: 'LEFT: nobody knows whether an earlier attempt undid it',
  stopped: 'left: the step before it did not succeed',
};

async function show(rollback: Rollback, options: RollbackOptions, output: Output): Promise<void> {
  const undescribed = await undescribedCalls(rollback, options.data);
  if (options.json) {
    output.out(JSON.stringify({ ...rollback, undescribed: undescribed ?? null }));
    return;
  }
  const rows = rollback.steps.map((step) => [
    step.effect.at.slice(0, 19).replace('T', ' '),
    step.effect.tool,
    step.effect.reversibility,
    step.effect.id,
    textOf(step, rollback.state),
  ]);
  output.out(`${rollback.id ?? 'plan'}: ${STATES[rollback.state]}`);
  if (rows.length === 0)
    output.out(
      'no effect of it is known: only tools that say how far their calls can be undone report them',
    );
  else output.out(renderTable(['AT (UTC)', 'TOOL', 'CLASS', 'EFFECT', ''], rows));
  if (rollback.removedAt !== undefined)
    output.out(
      `retention removed older entries of the audit log, last at ${rollback.removedAt}: effects that were among them are not known and cannot be undone from here`,
    );
  const others = Object.entries(undescribed ?? {}).map(([tool, calls]) => [tool, String(calls)]);
  if (others.length > 0) {
    output.out('called too, by tools that do not say whether their calls can be undone:');
    output.out(renderTable(['TOOL', 'CALLS'], others, { indent: 2 }));
  }
}

function textOf({ left, override }: RollbackStep, state: Rollback['state']): string {
  if (left !== undefined) return LEFT[left];
  if (override === undefined) return state === 'planned' ? 'would be undone' : 'waits';
  const { status, detail } = override.outcome;
  if (status === 'succeeded') return 'undone';
  return `${status}${detail === undefined ? '' : `: ${detail}`}`;
}

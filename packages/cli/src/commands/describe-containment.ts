import type { ContainmentProgress, ContainmentState } from '@aftertrace/control';
import type { Containment } from '@aftertrace/schema';

import { sanitize } from '../terminal/sanitize.ts';

const STATE_TEXT: Readonly<Record<ContainmentState, string>> = {
  waiting: 'ordered; processes have not all acknowledged yet',
  effective: 'in force in every live process',
  unreachable: 'NOT in force everywhere: some processes do not answer',
  unenforceable: 'NOT in force everywhere: what works without a guard cannot be stopped from here',
  no_live_instance:
    'ordered, but no process with a guard is connected: nothing proves that it stops anything',
  staged: 'in shadow before its release: it stops nothing any more, and records what it would stop',
  released: 'released',
  expired: 'expired',
};

/** A containment and how far it has come, in lines for a person. */
export function describeContainment(progress: ContainmentProgress): string {
  const { containment, state, pending, unenforceable, unattached } = progress;
  const lines = [
    `${containment.id}: ${containment.drill ? 'drill, ' : ''}${containment.kind} ${scopeText(containment)}, ${STATE_TEXT[state]}`,
    `  ordered ${containment.requestedAt} by ${actorText(containment)}, until ${containment.expiresAt ?? endOf(containment)}${shadowText(containment)}`,
    ...sealText(progress),
    ...effects(containment),
    ...pending.map((instance) => `  waiting for ${instance}`),
    ...containment.unreachable.map((instance) => `  unreachable: ${instance}`),
    ...unenforceable.map((agent) => `  unenforceable: agent ${agent}, seen without a guard`),
    ...unattached.map(
      ({ instance, frameworks }) =>
        `  unenforceable: ${instance}, not attached to ${frameworks.join(', ')}`,
    ),
    ...(containment.drill ? [drillText(progress)] : []),
  ];
  return lines.map((line) => sanitize(line, 300)).join('\n');
}

/** What a containment covers. */
export function scopeText({ scope }: Containment): string {
  if (scope === 'global') return 'everything';
  return Object.entries(scope)
    .map(([key, value]) => `${key} ${value}`)
    .join(', ');
}

/**
 * From the order to the last proof, in milliseconds by the companion's own clock; undefined while a proof is missing, and
 * where nobody has proven anything. An upper bound: a proof takes its way back.
 */
export function timeToStopMillis({ containment, state }: ContainmentProgress): number | undefined {
  if (state !== 'effective' && state !== 'staged' && state !== 'released') return undefined;
  const times = containment.effective.map(({ at, provenAt }) => Date.parse(provenAt ?? at));
  if (times.length === 0) return undefined;
  return Math.max(...times) - Date.parse(containment.requestedAt);
}

function effects({ effective, requestedAt }: Containment): readonly string[] {
  return effective.flatMap(({ instance, at, aborted, provenAt, stopped = [] }) => {
    const proven =
      provenAt === undefined
        ? ''
        : `, proven ${Date.parse(provenAt) - Date.parse(requestedAt)} ms after the order`;
    const calls = aborted > 0 ? `, ${aborted} ${aborted === 1 ? 'call' : 'calls'} aborted` : '';
    return [
      `  in force in ${instance} since ${at}${calls}${proven}`,
      ...stopped.map(
        ({ what, agent, run, tool }) =>
          `    stopped ${what === 'tool' ? `tool ${tool ?? ''} of ${agent}` : `agent ${agent}`}${run === undefined ? '' : `, run ${run}`}`,
      ),
    ];
  });
}

function actorText({ actor, plan }: Containment): string {
  return plan === undefined ? actor.id : `plan ${plan.id} in the name of ${plan.switchedOnBy.id}`;
}

function shadowText({ mode, staged }: Containment): string {
  if (staged !== undefined) return `, in shadow since ${staged.at} by ${staged.actor.id}`;
  return mode === 'shadow' ? ', in shadow: it stops nothing' : '';
}

function sealText({ sealed }: ContainmentProgress): readonly string[] {
  if (sealed) return [];
  return [
    '  NOT SEALED: the audit ledger cannot be written (disk full?). It is in force; keep the companion running and make room',
  ];
}

function drillText(progress: ContainmentProgress): string {
  const millis = timeToStopMillis(progress);
  const { effective } = progress.containment;
  if (millis === undefined) return '  drill: no time to stop, for it is not in force everywhere';
  const stopped = effective.reduce((sum, { aborted }) => sum + aborted, 0);
  return `  drill: time to stop ${millis} ms, ${effective.length} of ${effective.length} processes, ${stopped} calls aborted`;
}

/** What ends an order that no time ends. */
function endOf({ kind }: Containment): string {
  return kind === 'retire' ? 'a redeployment record lifts it' : 'released';
}

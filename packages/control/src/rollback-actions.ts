import {
  type Actor,
  type CompensationOrder,
  type LeftReason,
  type Override,
  type Rollback,
  type RollbackScope,
  type RollbackStep,
} from '@aftertrace/schema';

import { recording, type ControlCore } from './control-core.ts';
import { refuse, succeed, type ControlResult } from './control-problem.ts';
import type { KnownInstance } from './instance-registry.ts';
import { actionKey } from './quarantine-model.ts';
import type { EffectRecord, RollbackRecord } from './rollback-model.ts';

/** How long a process may take to undo one call; then nobody knows whether it did. */
const STEP_TTL_MILLIS = 60_000;
/** One step of one rollback at a time: two could undo the same call. */
const QUEUE = 'rollback';

/** Who orders a rollback, with the identity that was verified. */
export interface RollbackRequest {
  readonly scope: RollbackScope;
  readonly actor: Actor;
  readonly reason: string;
  /** Say what would be done, and do nothing. */
  readonly dryRun: boolean;
  /** Effects that are externally reversible and may be undone. */
  readonly confirmed: readonly string[];
}

/** Says what can be undone of a run or a conversation, and unless it is only asked, begins with it: the last call first. */
export async function requestRollback(
  core: ControlCore,
  request: RollbackRequest,
): Promise<ControlResult<Rollback>> {
  return core.queue.run(QUEUE, async () => {
    const effects = core.model.rollback.within(request.scope);
    const confirmed = new Set(request.confirmed);
    const steps = effects.map((record) => plan(core, record, confirmed));
    const { scope, reason, actor } = request;
    if (request.dryRun) {
      const at = core.timestamp();
      const planned = { scope, reason, actor, at, state: 'planned' as const, steps: [...steps] };
      return succeed<Rollback>({ ...planned, ...removedAt(core) });
    }
    const undo = steps.filter(({ left }) => left === undefined).map(({ effect }) => effect.id);
    const left = steps.flatMap(({ effect, left: why }) =>
      why === undefined ? [] : [{ effect: effect.id, why }],
    );
    if (steps.length === 0) {
      const what = 'run' in scope ? `run ${scope.run}` : `conversation ${scope.conversation}`;
      return refuse(
        'not_found',
        `No effect of ${what} is known: only tools that say how far their calls can be undone report them.${removedText(core)}`,
      );
    }
    const separated = separation(core, effects, actor);
    if (separated !== undefined) return separated;
    return recording(core, async () => {
      const rollback = `rbk_${core.randomId()}`;
      const data = { rollback, scope, reason, by: actor, undo, left };
      await core.record('rollback.requested', data, actor);
      const record = core.model.rollback.rollbacks.get(rollback);
      if (record === undefined) return refuse('internal', `Rollback ${rollback} was not kept.`);
      return succeed(viewRollback(core, record));
    });
  });
}

/** Effects go with their entries, and whose they were is not known afterwards. */
function removedAt({ ledger }: ControlCore): Pick<Rollback, 'removedAt'> {
  const removal = ledger.removal();
  return removal === undefined ? {} : { removedAt: removal.at };
}

function removedText(core: ControlCore): string {
  const { removedAt: at } = removedAt(core);
  return at === undefined
    ? ''
    : ` Retention removed older entries of the audit log, last at ${at}: effects that were among them cannot be undone from here.`;
}

/** Who approved a call, or released it from quarantine, is not who has it undone. */
function separation(
  core: ControlCore,
  effects: readonly EffectRecord[],
  actor: Actor,
): ReturnType<ControlCore['separation']> {
  const calls = new Set(effects.map(({ effect }) => actionKey(effect)));
  const digests = new Set(effects.map(({ effect }) => effect.actionDigest));
  const earlier = [...core.model.overrides.values()]
    .filter(({ decision, agent, actionDigest }) => {
      if (decision === 'reject') return false;
      // Of another agent's word about a digest that it claims nothing follows. Records of before had no agent.
      return agent === undefined
        ? digests.has(actionDigest)
        : calls.has(actionKey({ agent, actionDigest }));
    })
    .map((override) => override.actor);
  return core.separation({ act: 'undo these calls', by: actor, earlier });
}

/** Takes every rollback that is under way as far as it goes now. Throws LedgerError where a step could not be recorded. */
export async function advanceRollbacks(core: ControlCore): Promise<void> {
  const running = [...core.model.rollback.rollbacks.values()].filter(isRunning);
  for (const { id } of running) {
    await core.queue.run(QUEUE, async () => advance(core, id));
  }
}

const isRunning = ({ state }: RollbackRecord): boolean => state === 'running';

async function advance(core: ControlCore, id: string): Promise<void> {
  const rollback = core.model.rollback.rollbacks.get(id);
  if (rollback === undefined || !isRunning(rollback)) return;
  const statuses = [...rollback.overrides.values()].map(
    (override) => core.model.overrides.get(override)?.outcome.status,
  );
  if (statuses.includes('pending')) return;
  if (statuses.some((status) => status !== 'succeeded')) return finish(core, rollback, 'stopped');
  const confirmed = new Set(rollback.undo);
  for (const effect of rollback.undo) {
    if (rollback.overrides.has(effect)) continue;
    const record = core.model.rollback.effects.get(effect);
    if (record === undefined) continue;
    const why = leftReason(core, record, confirmed);
    if (why === 'undone_before') continue;
    const performer = why === undefined ? performerOf(core, record) : undefined;
    if (performer === undefined) return finish(core, rollback, 'stopped');
    const override = toOverride(core, rollback, record);
    const data = { override, rollback: id, performer: performer.instance };
    return core.record('override', data, rollback.actor);
  }
  return finish(core, rollback, 'done');
}

/** What was to be undone and was not tried, with why. */
async function finish(
  core: ControlCore,
  rollback: RollbackRecord,
  state: 'done' | 'stopped',
): Promise<void> {
  const confirmed = new Set(rollback.undo);
  const left = rollback.undo
    .filter((effect) => !rollback.overrides.has(effect))
    .map((effect) => {
      const record = core.model.rollback.effects.get(effect);
      const why = record === undefined ? 'no_compensation' : leftReason(core, record, confirmed);
      return { effect, why: why ?? 'stopped' };
    });
  await core.record('rollback.finished', { rollback: rollback.id, state, left });
}

/** A rollback as people read it. */
export function viewRollback(core: ControlCore, rollback: RollbackRecord): Rollback {
  const { id, scope, reason, actor, at, state } = rollback;
  const left = new Map(rollback.left.map(({ effect, why }) => [effect, why]));
  const order = core.model.rollback.within(scope);
  const wanted = new Set([...rollback.undo, ...left.keys()]);
  const steps = order
    .filter(({ effect }) => wanted.has(effect.id))
    .map(({ effect }): RollbackStep => {
      const why = left.get(effect.id);
      const override = core.model.overrides.get(rollback.overrides.get(effect.id) ?? '');
      return {
        effect,
        ...(why === undefined ? {} : { left: why }),
        ...(override === undefined ? {} : { override }),
      };
    });
  return { id, scope, reason, actor, at, state, steps, ...removedAt(core) };
}

/** The calls that a process is to undo now and has not said what became of. */
export async function ordersFor(
  core: ControlCore,
  instance: string,
): Promise<readonly CompensationOrder[]> {
  const orders = [...core.model.openOverrides].flatMap(([id, open]) => {
    const override = core.model.overrides.get(id);
    const effect = core.model.rollback.effects.get(override?.effect ?? '');
    if (open.instance !== instance || override === undefined || effect === undefined) return [];
    // Not a step of a rollback, but what a process says of an effect: no reason to hand over what was kept of the call.
    if (effect.override !== id) return [];
    const { expiresAt } = override;
    const isOver = expiresAt !== undefined && core.now() >= Date.parse(expiresAt);
    return isOver ? [] : [{ override, record: effect }];
  });
  return Promise.all(
    orders.map(async ({ override, record }) => ({
      override,
      instance,
      effect: record.effect,
      arguments: await detail(core, record, 'argumentsDigest'),
      result: await detail(core, record, 'resultDigest'),
    })),
  );
}

async function detail(
  core: ControlCore,
  record: EffectRecord,
  which: 'argumentsDigest' | 'resultDigest',
): Promise<unknown> {
  const digest = record[which];
  return digest === undefined ? undefined : core.details.get(digest, record.effect.id);
}

function plan(
  core: ControlCore,
  record: EffectRecord,
  confirmed: ReadonlySet<string>,
): RollbackStep {
  const left = leftReason(core, record, confirmed);
  const override = core.model.overrides.get(record.override ?? '');
  return {
    effect: record.effect,
    ...(left === undefined ? {} : { left }),
    ...(override === undefined ? {} : { override }),
  };
}

function leftReason(
  core: ControlCore,
  record: EffectRecord,
  confirmed: ReadonlySet<string>,
): LeftReason | undefined {
  const { effect, override } = record;
  const before = override === undefined ? undefined : core.model.overrides.get(override);
  switch (before?.outcome.status) {
    case 'succeeded':
      return 'undone_before';
    case 'pending':
    case 'expired':
      return 'unknown_before';
    case 'failed':
    case 'not_executed':
    case undefined:
  }
  if (effect.reversibility === 'irreversible') return 'irreversible';
  if (!effect.compensable || record.argumentsDigest === undefined) return 'no_compensation';
  if (effect.reversibility === 'externally_reversible' && !confirmed.has(effect.id)) {
    return 'not_confirmed';
  }
  return performerOf(core, record) === undefined ? 'no_process' : undefined;
}

/** The process that made the call, else another of the same agent that knows how to undo it. */
function performerOf(core: ControlCore, record: EffectRecord): KnownInstance | undefined {
  const { agent, tool } = record.effect;
  const able = core.registry
    .live()
    .filter(({ agents, lastAck }) => agents.has(agent) && lastAck?.compensates?.includes(tool));
  return able.find(({ instance }) => instance === record.instance) ?? able[0];
}

/** Undoing goes against what the agent had decided. */
function toOverride(core: ControlCore, rollback: RollbackRecord, record: EffectRecord): Override {
  const { effect, argumentsDigest } = record;
  const { run, conversation, traceId, spanId } = effect;
  return {
    id: `ovr_${core.randomId()}`,
    at: core.timestamp(),
    kind: 'override',
    actor: rollback.actor,
    decision: 'reject',
    reason: rollback.reason,
    prior: {
      source: 'agent',
      decision: `call ${effect.tool}`,
      tool: effect.tool,
      ...(argumentsDigest === undefined ? {} : { argumentsDigest }),
    },
    actionDigest: effect.actionDigest,
    expiresAt: new Date(core.now() + STEP_TTL_MILLIS).toISOString(),
    outcome: { status: 'pending' },
    agent: effect.agent,
    effect: effect.id,
    run,
    ...(conversation === undefined ? {} : { conversation }),
    ...(traceId === undefined ? {} : { traceId }),
    ...(spanId === undefined ? {} : { spanId }),
  };
}

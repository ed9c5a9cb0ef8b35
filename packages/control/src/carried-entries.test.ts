import type { Actor, LedgerEntry } from '@aftertrace/schema';
import { expect, test } from 'vitest';

import { readEntry } from './audit-data.ts';
import { carriedEntries } from './carried-entries.ts';
import { contain, release } from './containment-actions.ts';
import { ControlModel } from './control-model.ts';
import { switchPlan } from './plan-actions.ts';
import { holdCall } from './quarantine-actions.ts';
import { listPolicyRevisions, publishPolicy } from './policy-actions.ts';
import { proposePolicy, rejectProposal } from './policy-proposals.ts';
import { blockSql } from './testing/fixtures.ts';
import { memoryLedger, newWorld, startCore } from './testing/memory-core.ts';
import { openMatters } from './testing/open-matters.ts';

const actor: Actor = { kind: 'human', id: 'ana@example.com', assurance: 'token' };
const reason = 'a reason';

async function* each(entries: readonly LedgerEntry[]): AsyncGenerator<LedgerEntry> {
  yield* entries;
}

function fold(entries: readonly LedgerEntry[]): ControlModel {
  const model = new ControlModel();
  for (const entry of entries.map(readEntry)) if (entry !== undefined) model.apply(entry);
  return model;
}

/** Orders that stand, and orders that were lifted; plans that went on and off; a policy after the other. */
async function history() {
  const world = newWorld();
  const ledger = memoryLedger(() => false);
  const core = startCore(world, ledger);
  for (let round = 0; round < 3; round += 1) {
    for (const kind of ['kill', 'revoke', 'retire'] as const) {
      const scope = { agent: `agent-${round}`, ...(kind === 'revoke' ? { tool: 'refund' } : {}) };
      const result = await contain(core, { kind, scope, reason, actor });
      if (!result.ok) throw new Error(JSON.stringify(result.error));
      if (round === 0 && kind !== 'retire')
        await release(core, { id: result.value.id, actor, reason });
    }
    await switchPlan(core, { id: 'stop-loops', on: round !== 1, actor, reason });
    const published = await publishPolicy(core, { name: 'demo', rules: [blockSql], actor, reason });
    if (!published.ok) throw new Error(JSON.stringify(published.error));
    const proposed = await proposePolicy(core, { name: 'demo', rules: [], actor, reason });
    if (!proposed.ok) throw new Error(JSON.stringify(proposed.error));
    if (round === 1) await rejectProposal(core, { id: proposed.value.id, actor, reason });
    world.nowMillis += 60_000;
  }
  const entries: LedgerEntry[] = [];
  for await (const entry of ledger.entries()) entries.push(entry);
  return { entries, world, core };
}

test('whatever is removed, orders that stand, plans, the policy and the revision are as before', async () => {
  const { entries, world } = await history();
  const whole = openMatters(fold(entries), world.nowMillis);
  for (let count = 0; count <= entries.length; count += 1) {
    const going = entries.slice(0, count);
    const staying = entries.slice(count);
    const carried = await carriedEntries(
      () => each(going),
      () => each(staying),
    );
    expect(openMatters(fold([...carried, ...staying]), world.nowMillis)).toEqual(whole);
    // And once more: what was carried over is carried on.
    const again = await carriedEntries(
      () => each([...carried, ...staying]),
      () => each([]),
    );
    expect(openMatters(fold(again), world.nowMillis)).toEqual(whole);
  }
});

test('an order that was lifted goes with the log, and so does what says so', async () => {
  const { entries, core } = await history();
  const carried = await carriedEntries(
    () => each(entries),
    () => each([]),
  );
  const lifted = [...core.model.containments.values()].filter(
    ({ containment }) => containment.released !== undefined,
  );
  expect(lifted).toHaveLength(2);
  for (const { containment } of lifted)
    expect(JSON.stringify(carried)).not.toContain(`"${containment.id}"`);
});

test('a policy can be rolled back to the last twenty revisions, however old', async () => {
  const ledger = memoryLedger(() => false);
  const world = newWorld();
  const core = startCore(world, ledger);
  for (let n = 0; n < 25; n += 1)
    await publishPolicy(core, { name: 'demo', rules: [blockSql], actor, reason });
  await ledger.trim({ through: 24, actor, policy: {}, carry: carriedEntries });
  const revisions = (await listPolicyRevisions(core)).map(({ revision }) => revision);
  expect(revisions).toEqual(Array.from({ length: 20 }, (_, n) => n + 6));
});

test('who ordered the quarantine of a call that waits is known as long as the call', async () => {
  const world = newWorld();
  const ledger = memoryLedger(() => false);
  const core = startCore(world, ledger);
  const scope = { agent: 'support' };
  const ordered = await contain(core, { kind: 'quarantine', scope, reason, actor });
  if (!ordered.ok) throw new Error(ordered.error.message);
  const { id } = ordered.value;
  const requestedAt = new Date(world.nowMillis).toISOString();
  const call = { id: 'qtn_1', instance: 'i-1', agent: 'support', tool: 'refund', requestedAt };
  const actionDigest = `sha256:${'a'.repeat(64)}`;
  await holdCall(core, { ...call, actionDigest, arguments: {}, containment: id });
  await release(core, { id, actor, reason });
  await ledger.trim({ through: 99, actor, policy: {}, carry: carriedEntries });
  const next = startCore(world, ledger);
  await next.replay();
  expect(next.model.quarantine.get('qtn_1')?.request.containment).toBe(id);
  expect(next.model.containments.get(id)?.containment.actor.id).toBe(actor.id);
  expect(next.model.active(world.nowMillis)).toEqual([]);
});

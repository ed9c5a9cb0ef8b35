import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { createControlPlane, createDetailStore } from '@aftertrace/control';
import { appendHold, openDataDir } from '@aftertrace/exporter';
import type { Ledger } from '@aftertrace/ledger';
import type { Actor, HoldSelector } from '@aftertrace/schema';
import { expect, onTestFinished, test } from 'vitest';

import { runCli } from '../run-cli.ts';
import { openAuditLedger } from './audit-ledger.ts';
import { createAuditRetention, type AuditRetention } from './audit-retention.ts';

const DAY = 86_400_000;
const START = Date.parse('2026-01-01T00:00:00.000Z');
const ANA: Actor = { kind: 'human', id: 'ana@example.com', assurance: 'token' };

interface World {
  readonly data: string;
  readonly logged: string[];
  nowMillis: number;
  readonly ledger: Ledger;
  readonly look: (retention: AuditRetention) => Promise<number | undefined>;
}

/** A log with an entry a day for a hundred days. */
async function world(): Promise<World> {
  const folder = await mkdtemp(path.join(tmpdir(), 'aftertrace-retention-'));
  onTestFinished(async () => rm(folder, { recursive: true, force: true }));
  const data = path.join(folder, 'data');
  const opened = await openDataDir(data);
  if (opened.kind !== 'opened') throw new Error('it should open');
  const now = (): number => made.nowMillis;
  const ledger = await openAuditLedger({ dataDir: data, now });
  onTestFinished(async () => {
    await ledger.close();
    await opened.dataDir.close();
  });
  const made: World = {
    data,
    ledger,
    logged: [],
    nowMillis: START,
    look: async (retention) =>
      createAuditRetention({
        ledger,
        dataDir: data,
        details: createDetailStore({ dataDir: data }),
        retention,
        now,
        log: (level, message) => made.logged.push(`${level} ${message}`),
      }).look(),
  };
  for (let day = 0; day < 100; day += 1) {
    made.nowMillis = START + day * DAY;
    const decision = { id: `dec_${day}`, conversation: `chat_${day}`, run: `run_${day}` };
    const at = new Date(made.nowMillis).toISOString();
    await ledger.append({ at, actor: ANA, type: 'decision', data: { decision } });
  }
  return made;
}

async function hold(data: string, selector: HoldSelector): Promise<void> {
  await appendHold(data, {
    schema_version: 'aftertrace.hold.v1',
    id: 'hold_1',
    at: new Date(START).toISOString(),
    by: ANA.id,
    reason: 'a case',
    selector,
  });
}

async function verify(data: string): Promise<readonly [code: number, text: string]> {
  const lines: string[] = [];
  const print = (line: string): void => void lines.push(line);
  const code = await runCli(['audit', 'verify', '--data', data], { out: print, err: print });
  return [code, lines.join('\n')];
}

test('what is older than its age goes, and audit verify says what went, when and by what rule', async () => {
  const { data, ledger, look, logged } = await world();
  expect(await look({ maxAgeMillis: 60 * DAY })).toBe(38);
  expect(logged).toEqual([
    expect.stringMatching(/info audit log: 39 entries, up to 38, were removed/),
  ]);
  expect(await look({ maxAgeMillis: 60 * DAY })).toBeUndefined();
  await ledger.close();
  const [code, text] = await verify(data);
  expect(code).toBe(0);
  expect(text).toContain(
    'begins after entry 38: those up to it were removed by retention at 2026-04-10T00:00:00.000Z ({"maxAgeMillis":5184000000}), as entry 100 says; anchored by a checkpoint',
  );
});

test('a log that is cut further than retention went is found', async () => {
  const { data, ledger, look } = await world();
  await look({ maxAgeMillis: 60 * DAY });
  await ledger.close();
  const file = path.join(data, 'audit.jsonl');
  const lines = (await readFile(file, 'utf8')).split('\n');
  await writeFile(file, lines.slice(2).join('\n'));
  const [code, text] = await verify(data);
  expect(code).toBe(1);
  expect(text).toMatch(/missing\s+entries 39 to 40 are missing/);
});

test('entries go in steps, none before its age', async () => {
  const made = await world();
  expect(await made.look({ maxAgeMillis: 98 * DAY })).toBeUndefined();
  made.nowMillis += 4 * DAY;
  expect(await made.look({ maxAgeMillis: 98 * DAY })).toBe(4);
});

test('a log above its size loses its oldest entries, and is below it then', async () => {
  const { ledger, look } = await world();
  const before = ledger.bytes();
  expect(await look({ maxBytes: before })).toBeUndefined();
  const through = await look({ maxBytes: before - 1 });
  expect(through).toBeGreaterThan(5);
  expect(through).toBeLessThan(20);
});

test.each<[string, HoldSelector, number | undefined]>([
  ['a conversation', { conversation: 'chat_10' }, 9],
  ['a time', { time: { from: '2026-01-21T00:00:00Z', until: '2026-01-22T00:00:00Z' } }, 19],
  ['a time without beginning', { time: { until: '2026-01-02T00:00:00Z' } }, undefined],
  ['another conversation', { conversation: 'elsewhere' }, 38],
])(
  'a legal hold of %s keeps its entries and what comes after them',
  async (_what, selector, through) => {
    const { data, look } = await world();
    await hold(data, selector);
    expect(await look({ maxAgeMillis: 60 * DAY })).toBe(through);
  },
);

test('while the holds cannot be read nothing goes', async () => {
  const { data, look, logged } = await world();
  await writeFile(path.join(data, 'holds.jsonl'), 'nonsense\n');
  expect(await look({ maxAgeMillis: 60 * DAY })).toBeUndefined();
  expect(logged).toEqual([expect.stringContaining('error audit log: nothing was removed')]);
});

test('values go with the last entry that points to them, and those that another points to stay', async () => {
  const made = await world();
  const { data, ledger, look } = made;
  const details = createDetailStore({ dataDir: data });
  const [gone, kept, held] = await Promise.all(['gone', 'kept', 'held'].map(details.putText));
  const point = async (argumentsDigest: string | undefined) =>
    ledger.append({
      at: new Date(made.nowMillis).toISOString(),
      actor: ANA,
      type: 'decision',
      data: { argumentsDigest },
    });
  for (const digest of [gone, kept]) await point(digest);
  made.nowMillis += 100 * DAY;
  for (const digest of [kept, held]) await point(digest);
  // The clock of the files is the machine's: nothing there is older than a day by then.
  made.nowMillis = Math.max(made.nowMillis, Date.now() + 2 * DAY);
  await look({ maxAgeMillis: made.nowMillis - START - 150 * DAY });
  expect(await details.getText(gone ?? '')).toBeUndefined();
  expect(await details.getText(kept ?? '')).toBe('kept');
  expect(await details.getText(held ?? '')).toBe('held');
});

test('a kill and a policy from before are in force after a restart, and the policy can be rolled back', async () => {
  const made = await world();
  const plane = (ledger: Ledger) =>
    createControlPlane({
      dataDir: made.data,
      ledger,
      token: 'secret',
      now: () => made.nowMillis,
      randomId: () => crypto.randomUUID(),
      log: () => undefined,
    });
  const before = plane(made.ledger);
  await before.start();
  const killed = await before.contain({
    kind: 'kill',
    scope: { agent: 'support' },
    reason: 'it refunds twice',
    actor: ANA,
  });
  const rules = [{ id: 'r', match: { tool: 'x' }, verdict: 'block', mode: 'enforce' }];
  for (const name of ['first', 'second'])
    await before.publishPolicy({ name, rules, actor: ANA, reason: 'rules' });
  const state = before.state();
  await before.shutdown();
  made.nowMillis += 400 * DAY;
  expect(await made.look({ maxAgeMillis: 30 * DAY })).toBe(made.ledger.removal()?.through);
  await made.ledger.close();
  const ledger = await openAuditLedger({ dataDir: made.data, now: () => made.nowMillis });
  onTestFinished(async () => ledger.close());
  const after = plane(ledger);
  await after.start();
  expect(after.state()).toEqual(state);
  expect(killed).toMatchObject({ ok: true });
  expect((await after.policyRevisions()).map(({ name }) => name)).toEqual(['first', 'second']);
  await after.shutdown();
});

test('what was carried over is held for the time at which it was written', async () => {
  const made = await world();
  const plane = createControlPlane({
    dataDir: made.data,
    ledger: made.ledger,
    token: 'secret',
    now: () => made.nowMillis,
    randomId: () => crypto.randomUUID(),
    log: () => undefined,
  });
  await plane.start();
  onTestFinished(async () => plane.shutdown());
  const orderedAt = made.nowMillis;
  const order = { kind: 'kill', scope: { agent: 'support' }, reason: 'twice', actor: ANA } as const;
  const ordered = await plane.contain(order);
  if (!ordered.ok) throw new Error(ordered.error.message);
  made.nowMillis += 100 * DAY;
  expect(await made.look({ maxAgeMillis: 30 * DAY })).toBeDefined();
  const time = {
    from: new Date(orderedAt).toISOString(),
    until: new Date(orderedAt + DAY).toISOString(),
  };
  await hold(made.data, { time });
  await plane.release({ id: ordered.value.containment.id, actor: ANA, reason: 'over' });
  made.nowMillis += 100 * DAY;
  expect(await made.look({ maxAgeMillis: 30 * DAY })).toBeUndefined();
  const kept: string[] = [];
  for await (const { type } of made.ledger.entries()) kept.push(type);
  expect(kept).toContain('containment.requested');
});

test('a rollback says that effects may have gone with the entries that retention removed', async () => {
  const made = await world();
  const plane = createControlPlane({
    dataDir: made.data,
    ledger: made.ledger,
    token: 'secret',
    now: () => made.nowMillis,
    randomId: () => crypto.randomUUID(),
    log: () => undefined,
  });
  await plane.start();
  onTestFinished(async () => plane.shutdown());
  const order = { scope: { run: 'run_1' }, actor: ANA, reason: 'wrong customer', confirmed: [] };
  const before = await plane.requestRollback({ ...order, dryRun: true });
  expect(before).toMatchObject({ ok: true, value: { steps: [] } });
  expect(before).not.toHaveProperty('value.removedAt');
  made.nowMillis += 100 * DAY;
  const removedAt = new Date(made.nowMillis).toISOString();
  expect(await made.look({ maxAgeMillis: 30 * DAY })).toBeDefined();
  const planned = await plane.requestRollback({ ...order, dryRun: true });
  expect(planned).toMatchObject({ ok: true, value: { removedAt } });
  const refused = await plane.requestRollback({ ...order, dryRun: false });
  expect(refused).toMatchObject({
    error: { code: 'not_found', message: expect.stringContaining(removedAt) },
  });
});

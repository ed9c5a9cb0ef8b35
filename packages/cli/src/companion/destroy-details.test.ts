import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { createDetailStore, type DetailStore } from '@aftertrace/control';
import { openLedger, verifyLedger, type Ledger } from '@aftertrace/ledger';
import { digest, trajectoryId, type LegalHold } from '@aftertrace/schema';
import { expect, onTestFinished, test } from 'vitest';

import type { Subject } from './data-requests.ts';
import { destroyDetailsOf } from './destroy-details.ts';

interface Setting {
  readonly file: string;
  readonly ledger: Ledger;
  readonly details: DetailStore;
  /** An entry of a run and conversation that points to a value; gives its digest. */
  readonly seal: (run: string, conversation: string, value: unknown) => Promise<string>;
}

const AT = '2026-11-23T10:00:00.000Z';
const AT_SHORT = '2026-11-23T10:00:00Z';

async function setting(): Promise<Setting> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'aftertrace-destroy-'));
  const file = path.join(dataDir, 'audit.jsonl');
  const ledger = await openLedger({ path: file, now: () => Date.parse(AT) });
  onTestFinished(async () => {
    await ledger.close();
    await rm(dataDir, { recursive: true, force: true });
  });
  const details = createDetailStore({ dataDir });
  return {
    file,
    ledger,
    details,
    seal: async (run, conversation, value) => {
      const argumentsDigest = await details.put(value);
      await ledger.append({
        at: AT,
        actor: { kind: 'system', id: 'test', assurance: 'asserted' },
        type: 'approval.requested',
        data: { request: { run, conversation }, argumentsDigest },
      });
      return argumentsDigest;
    },
  };
}

test.each<[string, Subject]>([
  ['a conversation', { kind: 'conversation', id: 'chat-1' }],
  ['a run, by its own id', { kind: 'run', id: 'run-1' }],
  [
    'a run, by the id of its trajectory',
    { kind: 'run', id: trajectoryId({ runId: 'run-1', traceId: '', rootSpanId: '' }) },
  ],
])('what the log points to about %s is destroyed, and its chain holds', async (_name, subject) => {
  const { file, ledger, details, seal } = await setting();
  const gone = await seal('run-1', 'chat-1', { customer: 'Ana' });
  const stays = await seal('run-2', 'chat-2', { customer: 'Ben' });
  const work = { ledger, details, subject, holds: [], heldRuns: [] };
  expect(await destroyDetailsOf(work)).toMatchObject({ destroyed: 1, held: 0 });
  expect(await details.get(gone)).toBeUndefined();
  expect(await details.get(stays)).toEqual({ customer: 'Ben' });
  expect(await verifyLedger(file)).toMatchObject({ ok: true, entries: 2 });
  expect(await destroyDetailsOf(work)).toMatchObject({ destroyed: 0, held: 0 });
});

const sealedBy = async (
  { ledger, details }: Setting,
  actorId: string,
  reason: string,
): Promise<string> => {
  const digest = await details.putText(reason);
  await ledger.append({
    at: AT,
    actor: { kind: 'human', id: actorId, assurance: 'token' },
    type: 'containment.released',
    data: { containment: 'ctn_1', by: { id: actorId }, reason: `sealed:${digest}` },
  });
  return digest;
};

test('a person is who has exactly the id, and not whoever an entry names otherwise', async () => {
  const made = await setting();
  const { ledger, details, seal } = made;
  const theirs = await sealedBy(made, 'ana', 'Bob told me');
  const others = [
    await sealedBy(made, 'ana-maria', 'so said ana'),
    await seal('ana', 'ana', 'ana'),
  ];
  const subject = { kind: 'person', id: 'ana' } as const;
  const result = await destroyDetailsOf({ ledger, details, subject, holds: [], heldRuns: [] });
  expect(result).toMatchObject({ destroyed: 1, digests: new Set([theirs]) });
  for (const digest of others) expect(await details.get(digest)).toBeDefined();
});

test("what is of a run that was erased as a person's goes with it", async () => {
  const { ledger, details, seal } = await setting();
  const gone = await seal('run-1', 'chat-1', { customer: 'Ana' });
  const erasedRuns = [trajectoryId({ runId: 'run-1', traceId: '', rootSpanId: '' })];
  const subject = { kind: 'person', id: 'user-7' } as const;
  const work = { ledger, details, subject, holds: [], heldRuns: [], erasedRuns };
  expect(await destroyDetailsOf(work)).toMatchObject({ destroyed: 1 });
  expect(await details.get(gone)).toBeUndefined();
});

/** What was asked about a call of an agent, and a person's answer to it with other arguments. */
async function answered({ ledger, details }: Setting, id: string, value: unknown): Promise<void> {
  const actor = { kind: 'agent', id: 'support', assurance: 'token' } as const;
  const request = { id: `apr_${id}`, run: `run-${id}`, conversation: `chat-${id}` };
  const argumentsDigest = await details.put(value, request.id);
  const asked = { request, argumentsDigest };
  await ledger.append({ at: AT, actor, type: 'approval.requested', data: asked });
  const changed = await details.put(value, `ovr_${id}`);
  const reason = `sealed:${await details.putText(`as ${id} said`)}`;
  const { run, conversation } = request;
  const prior = { argumentsDigest };
  const by = { kind: 'human', id: 'ana', assurance: 'token' } as const;
  const override = { id: `ovr_${id}`, actor: by, reason, prior, run, conversation };
  const data = { override, approval: request.id, argumentsDigest: changed };
  await ledger.append({ at: AT, actor: by, type: 'override', data });
}

test('equal values of others stay: what is erased for one conversation is there for the next', async () => {
  const made = await setting();
  const { ledger, details } = made;
  for (const id of ['1', '2']) await answered(made, id, {});
  const subject = { kind: 'conversation', id: 'chat-1' } as const;
  const result = await destroyDetailsOf({ ledger, details, subject, holds: [], heldRuns: [] });
  expect(result).toMatchObject({ destroyed: 3, held: 0 });
  for (const owner of ['apr_1', 'ovr_1'])
    expect(await details.get(digest({}), owner)).toBeUndefined();
  for (const owner of ['apr_2', 'ovr_2']) expect(await details.get(digest({}), owner)).toEqual({});
});

test('of a person who only answered, the words go and the arguments of the agent stay', async () => {
  const made = await setting();
  const { ledger, details } = made;
  await answered(made, '1', { customer: 'Ben' });
  const subject = { kind: 'person', id: 'ana' } as const;
  const result = await destroyDetailsOf({ ledger, details, subject, holds: [], heldRuns: [] });
  expect(result).toMatchObject({ destroyed: 1 });
  for (const owner of ['apr_1', 'ovr_1'])
    expect(await details.get(digest({ customer: 'Ben' }), owner)).toEqual({ customer: 'Ben' });
});

test('of a person for whom the agent worked, the arguments go too, also those that retention carried over', async () => {
  const { ledger, details } = await setting();
  const value = { customer: 'Ana' };
  const argumentsDigest = await details.put(value, 'eff_1');
  const actor = { kind: 'agent', id: 'support', assurance: 'token' } as const;
  const effect = { id: 'eff_1', onBehalfOf: 'ana' };
  const entry = {
    seq: 7,
    at: AT,
    actor,
    type: 'effect',
    data: { effect, argumentsDigest },
    prevHash: '0'.repeat(64),
    hash: '1'.repeat(64),
  };
  const by = { kind: 'system', id: 'aftertrace/retention', assurance: 'asserted' } as const;
  await ledger.append({ at: AT, actor: by, type: 'ledger.carried', data: { entry } });
  const subject = { kind: 'person', id: 'ana' } as const;
  const result = await destroyDetailsOf({ ledger, details, subject, holds: [], heldRuns: [] });
  expect(result).toMatchObject({ destroyed: 1 });
  expect(await details.get(argumentsDigest, 'eff_1')).toBeUndefined();
});

test.each<[string, LegalHold['selector']]>([
  ['its conversation', { conversation: 'chat-1' }],
  ['its run', { trajectoryIds: [trajectoryId({ runId: 'run-1', traceId: '', rootSpanId: '' })] }],
  ['its time', { time: { from: '2026-11-23T00:00:00.000Z' } }],
  ['its time, written shorter', { time: { from: AT_SHORT, until: AT_SHORT } }],
])(
  'a legal hold on %s keeps the value, for every entry that points to it',
  async (_name, selector) => {
    const { ledger, details, seal } = await setting();
    const value = { customer: 'Ana' };
    const digest = await seal('run-1', 'chat-1', value);
    await seal('run-2', 'chat-2', value);
    const hold: LegalHold = {
      schema_version: 'aftertrace.hold.v1',
      id: 'hold_1',
      at: AT,
      by: 'ana',
      reason: 'lawsuit',
      selector,
    };
    const subject = { kind: 'conversation', id: 'chat-2' } as const;
    expect(
      await destroyDetailsOf({ ledger, details, subject, holds: [hold], heldRuns: [] }),
    ).toMatchObject({
      destroyed: 0,
      held: 1,
    });
    expect(await details.get(digest)).toEqual(value);
  },
);

test('what is of a run that a hold keeps stays, also where the log tells of it at another time', async () => {
  const { ledger, details, seal } = await setting();
  const digest = await seal('run-1', 'chat-1', { customer: 'Ana' });
  const heldRuns = [trajectoryId({ runId: 'run-1', traceId: '', rootSpanId: '' })];
  const subject = { kind: 'conversation', id: 'chat-1' } as const;
  expect(await destroyDetailsOf({ ledger, details, subject, holds: [], heldRuns })).toMatchObject({
    destroyed: 0,
    held: 1,
  });
  expect(await details.get(digest)).toBeDefined();
});

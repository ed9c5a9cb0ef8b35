import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { createDetailStore, detailId, type DetailStore } from '@aftertrace/control';
import { eraseRuns, type ErasureOptions, type ErasureSelector } from '@aftertrace/exporter';
import { openLedger, type Ledger } from '@aftertrace/ledger';
import { digest, trajectoryId } from '@aftertrace/schema';
import { expect, onTestFinished, test } from 'vitest';

import { createDataActions, type DataActions } from './data-actions.ts';

const NOW = Date.parse('2026-11-23T10:00:00.000Z');
const VALUE = { customer: 'Ana' };
const RUN = trajectoryId({ runId: 'run-1', traceId: '', rootSpanId: '' });
const REQUEST = {
  subject: { kind: 'person' as const, id: 'ana' },
  reason: 'request of the person',
  by: 'dpo@example.com',
};

interface Setting {
  readonly dataDir: string;
  readonly ledger: Ledger;
  readonly details: DetailStore;
  /** What was erased by, in order. */
  readonly erased: ErasureSelector[];
  readonly actions: (break_?: Partial<Breaks>) => DataActions;
}

/** Where the process goes away. */
interface Breaks {
  readonly afterPlan: () => void;
  readonly afterLines: () => void;
  readonly afterDetails: () => void;
}

/** A run of a person whose lines are there until they are erased, and an entry that points to a value of that run. */
async function setting(): Promise<Setting> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'aftertrace-erasures-'));
  const ledger = await openLedger({ path: path.join(dataDir, 'audit.jsonl'), now: () => NOW });
  onTestFinished(async () => {
    await ledger.close();
    await rm(dataDir, { recursive: true, force: true });
  });
  const details = createDetailStore({ dataDir });
  await details.put(VALUE, 'apr_1');
  await ledger.append({
    at: new Date(NOW).toISOString(),
    actor: { kind: 'agent', id: 'support', assurance: 'token' },
    type: 'approval.requested',
    data: { request: { id: 'apr_1', run: 'run-1' }, argumentsDigest: digest(VALUE) },
  });
  const erased: ErasureSelector[] = [];
  let hasLines = true;
  const actions: Setting['actions'] = (breaks = {}) =>
    createDataActions({
      dataDir,
      ledger,
      details,
      erase: async (selector: ErasureSelector, { onPlanned }: ErasureOptions) => {
        erased.push(selector);
        const found = hasLines ? [RUN] : [];
        await onPlanned?.({ ids: found, blobs: hasLines ? ['blob'] : [] });
        breaks.afterPlan?.();
        hasLines = false;
        breaks.afterLines?.();
        const files = found.map(() => 'success/1.jsonl');
        const counts = { erasedLines: found.length, removedBlobs: 0, unidentifiedLines: 0 };
        return { erased: found, files, refused: [], ...counts };
      },
      onDestroyed: async () => breaks.afterDetails?.(),
      openRuns: () => Promise.resolve(0),
      assurance: 'token',
      now: () => NOW,
      randomId: () => 'erasure-1',
    });
  return { dataDir, ledger, details, erased, actions };
}

const crash = (): never => {
  throw new Error('the process is gone');
};

async function phases(ledger: Ledger): Promise<readonly unknown[]> {
  const found: unknown[] = [];
  for await (const { type, data, actor } of ledger.entries())
    if (type === 'data.erased') found.push([data['phase'], data['resumed'], actor.id]);
  return found;
}

test.each(['afterPlan', 'afterLines', 'afterDetails'] as const)(
  'an erasure that was broken off %s is ended at the next start, details of runs that are gone too',
  async (where) => {
    const { dataDir, ledger, details, erased, actions } = await setting();
    await expect(actions({ [where]: crash }).erase(REQUEST)).rejects.toThrow(/is gone/);
    const [name] = await readdir(path.join(dataDir, 'erasures'));
    const written: unknown = JSON.parse(
      await readFile(path.join(dataDir, 'erasures', name ?? ''), 'utf8'),
    );
    expect(written).toMatchObject({ request: REQUEST, runs: [RUN], blobs: ['blob'] });
    const problems: string[] = [];
    expect(await actions().resumeErasures((message) => problems.push(message))).toBe(1);
    expect(problems).toEqual([]);
    expect(erased.at(-1)).toEqual({ person: 'ana', ids: [RUN] });
    expect(await details.get(digest(VALUE), 'apr_1')).toBeUndefined();
    expect(await details.list()).not.toContainEqual(
      expect.objectContaining({ id: detailId({ digest: digest(VALUE), owner: 'apr_1' }) }),
    );
    expect(await readdir(path.join(dataDir, 'erasures'))).toEqual([]);
    expect(await phases(ledger)).toEqual([
      ['begun', undefined, 'dpo@example.com'],
      ['done', true, 'dpo@example.com'],
    ]);
    expect(await actions().resumeErasures(crash)).toBe(0);
  },
);

test('an erasure that cannot be ended is told, and stays for the next time', async () => {
  const { dataDir, actions } = await setting();
  await expect(actions({ afterPlan: crash }).erase(REQUEST)).rejects.toThrow(/is gone/);
  const problems: string[] = [];
  const again = actions({ afterLines: crash });
  expect(await again.resumeErasures((message) => problems.push(message))).toBe(0);
  expect(problems).toEqual([expect.stringContaining('the process is gone')]);
  expect(await readdir(path.join(dataDir, 'erasures'))).toHaveLength(1);
  expect(await actions().resumeErasures(crash)).toBe(1);
});

test('what lies among erasures and is none is told, and is not taken for one', async () => {
  const { dataDir, actions } = await setting();
  await expect(actions({ afterPlan: crash }).erase(REQUEST)).rejects.toThrow(/is gone/);
  await writeFile(path.join(dataDir, 'erasures', 'other.json'), '{"id":"../x"');
  const problems: string[] = [];
  expect(await actions().resumeErasures((message) => problems.push(message))).toBe(1);
  expect(problems).toEqual([expect.stringContaining('other.json')]);
});

test('a draft that a crash left names nobody any more after the next start', async () => {
  const { dataDir, actions } = await setting();
  await expect(actions({ afterPlan: crash }).erase(REQUEST)).rejects.toThrow(/is gone/);
  const directory = path.join(dataDir, 'erasures');
  await writeFile(path.join(directory, 'erasure-1.json.123.tmp'), JSON.stringify(REQUEST));
  await writeFile(path.join(directory, 'never-begun.json.123.tmp'), JSON.stringify(REQUEST));
  expect(await actions().resumeErasures(crash)).toBe(1);
  expect(await readdir(directory)).toEqual([]);
});

test('an erasure that ended leaves nothing that names whom it was about', async () => {
  const { dataDir, actions } = await setting();
  await actions().erase(REQUEST);
  expect(await readdir(path.join(dataDir, 'erasures'))).toEqual([]);
});

test('blobs and conversations of runs whose lines are gone already are looked at again', async () => {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'aftertrace-erasures-'));
  onTestFinished(async () => rm(dataDir, { recursive: true, force: true }));
  const plans: unknown[] = [];
  await eraseRuns(
    dataDir,
    { ids: [RUN] },
    { blobs: ['sha256:a'], onPlanned: async (plan) => void plans.push(plan) },
  );
  expect(plans).toEqual([{ ids: [], blobs: ['sha256:a'] }]);
});

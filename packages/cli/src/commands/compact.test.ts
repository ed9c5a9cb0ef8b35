import { readFile } from 'node:fs/promises';
import path from 'node:path';

import { listTrajectories } from '@aftertrace/exporter';
import { verifyLedger } from '@aftertrace/ledger';
import type { LedgerEntry } from '@aftertrace/schema';
import { describe, expect, test } from 'vitest';

import { DataPath } from '../companion/data-requests.ts';
import {
  foreignRun,
  runningCompanion,
  sendTraces,
  TOKEN,
  type RunningCompanion,
} from '../companion/testing/running.ts';
import { ExitCode } from '../exit-code.ts';
import { run, type Printed } from '../testing/run.ts';

const NO_AGE = {
  files: { retention: { minAgeMillis: { success: 0, failure: 0, unresolved: 0 } } },
};

const compact = (dataDir: string, ...flags: string[]): Promise<Printed> =>
  run('trajectories', 'compact', '--data', dataDir, ...flags);

/** A run that was told again, with a span more, when its line was written already. */
async function withRevision(exporter: object = NO_AGE): Promise<RunningCompanion> {
  const running = await runningCompanion({ exporter });
  const { otlp } = running.addresses;
  await sendTraces(otlp, foreignRun());
  await running.companion.pipeline.flush({ all: true });
  const again = foreignRun() as { resourceSpans: { scopeSpans: { spans: object[] }[] }[] };
  const spans = again.resourceSpans[0]?.scopeSpans[0]?.spans ?? [];
  spans.push({ ...spans[0], spanId: '3'.repeat(16) });
  await sendTraces(otlp, again);
  await running.companion.pipeline.flush({ all: true });
  expect((await listTrajectories(running.dataDir))[0]?.revision).toBe(2);
  return running;
}

const linesOf = async (dataDir: string): Promise<number> => {
  const [entry] = await listTrajectories(dataDir);
  const text = await readFile(path.join(dataDir, entry?.file ?? ''), 'utf8');
  return text.split('\n').length - 1;
};

async function noted(dataDir: string): Promise<readonly unknown[]> {
  const file = path.join(dataDir, 'audit.jsonl');
  expect(await verifyLedger(file)).toMatchObject({ ok: true });
  const entries = (await readFile(file, 'utf8')).split('\n').filter(Boolean);
  return entries
    .map((line) => JSON.parse(line) as LedgerEntry)
    .filter(({ type }) => type === 'data.compacted')
    .map(({ data, actor }) => [actor.id, data['phase'], data['removedLines']]);
}

const NOTED = [
  ['aftertrace/compaction', 'begun', undefined],
  ['aftertrace/compaction', 'done', 1],
];

describe('trajectories compact', () => {
  test('through a running companion, with its settings, and the audit log says so', async () => {
    const { dataDir } = await withRevision();
    const would = await compact(dataDir, '--dry-run');
    expect(would).toMatchObject({ code: ExitCode.OK });
    expect(would.out).toMatch(/^would drop 1 superseded lines and 0 marks of them/);
    expect(await linesOf(dataDir)).toBe(2);
    expect(await noted(dataDir)).toEqual([]);
    const { code, out } = await compact(dataDir, '--json');
    expect(code).toBe(ExitCode.OK);
    expect(JSON.parse(out)).toMatchObject({ dryRun: false, removedLines: 1, young: 0 });
    expect(await linesOf(dataDir)).toBe(1);
    expect((await listTrajectories(dataDir))[0]?.revision).toBe(2);
    expect(await noted(dataDir)).toEqual(NOTED);
    expect((await compact(dataDir, '--set', 'files.hermes=true')).err).toContain(
      'leave --config and --set out',
    );
  });

  test('without a companion does the same, and tells of each file', async () => {
    const { dataDir, companion, directory } = await withRevision({});
    await companion.shutdown(2000);
    await directory.close();
    const young = await compact(dataDir);
    expect(young.out).toContain('1 superseded lines are below their minimum age');
    const ages = '{success: 0, failure: 0, unresolved: 0}';
    const set = ['--set', `files.retention.minAgeMillis=${ages}`];
    expect((await compact(dataDir, '--dry-run', ...set)).out).toMatch(/^would drop 1 /);
    const { code, out, err } = await compact(dataDir, ...set);
    expect({ code, out }).toMatchObject({ code: ExitCode.OK });
    expect(out).toMatch(/^dropped 1 superseded lines/);
    expect(err).toMatch(/^1\/1 trajectories\/failure\/2026-11-22\..*\.jsonl$/);
    expect(await linesOf(dataDir)).toBe(1);
    expect((await noted(dataDir)).slice(2)).toEqual(NOTED);
  });

  test('is asked for by who has the token only, and one that is not known is not', async () => {
    const { post } = await withRevision();
    expect((await post(DataPath.COMPACT, {})).status).toBe(401);
    expect((await post(DataPath.COMPACT, { id: 'another' }, TOKEN)).status).toBe(404);
    expect((await post(DataPath.COMPACT, { dry: true }, TOKEN)).status).toBe(400);
  });

  test('says that a directory is none, and which setting does not hold', async () => {
    expect((await compact('/nowhere')).err).toContain('there is no data directory');
    const { dataDir } = await withRevision();
    const { code, err } = await compact(dataDir, '--set', 'files.retention.minAgeMillis=soon');
    expect(code).toBe(ExitCode.FAILED);
    expect(err).toContain('files.retention.minAgeMillis');
  });
});

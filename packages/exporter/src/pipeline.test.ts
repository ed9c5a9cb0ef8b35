import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Finding, type Trajectory, type WrittenTrajectory } from '@aftertrace/schema';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import type { FileRemoval } from './files/file-keeper.ts';
import { createJournal, type Journal } from './journal/journal.ts';
import {
  createPipeline,
  type Pipeline,
  type PipelineLog,
  type PipelineOptions,
} from './pipeline.ts';
import { readSamplingCounts } from './sample/sampling-files.ts';
import { acceptLogs, acceptTraces, spanId, type SpanInput } from './testing/otlp-builder.ts';
import { foreignStory, refundStory } from './testing/stories.ts';
import { readTrajectories } from './trajectory/read-trajectories.ts';

let dataDir: string;
let now: number;
let findings: Finding[];
let told: WrittenTrajectory[];
let logged: PipelineLog[];
const open: Pipeline[] = [];

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'aftertrace-pipeline-'));
  now = 1_000_000;
  findings = [];
  told = [];
  logged = [];
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((pipeline) => pipeline.shutdown(1000)));
  await rm(dataDir, { recursive: true });
});

const trace = (digit: number): string => String(digit).repeat(32);
const newJournal = (): Journal => createJournal({ dir: join(dataDir, 'journal') });

async function started(options: Partial<PipelineOptions> = {}): Promise<Pipeline> {
  const pipeline = createPipeline({
    dataDir,
    now: () => now,
    onFinding: (finding) => void findings.push(Finding.parse(finding)),
    onRun: (written) => void told.push(written),
    log: (entry) => void logged.push(entry),
    ...options,
  });
  open.push(pipeline);
  await pipeline.start();
  return pipeline;
}

async function textOf(kind: 'success' | 'failure' | 'unresolved'): Promise<string> {
  const folder = join(dataDir, 'trajectories', kind);
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.jsonl'));
  return (await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')))).join('');
}

async function lineCount(kind: Parameters<typeof textOf>[0]): Promise<number> {
  return (await textOf(kind)).split('\n').length - 1;
}

async function lines(): Promise<Trajectory[]> {
  return (await Array.fromAsync(readTrajectories(dataDir))).map(({ trajectory }) => trajectory);
}

/** The journal with its methods as functions, so that some can be replaced. */
const bound = (journal: Journal): Journal => ({
  start: () => journal.start(),
  append: (record) => journal.append(record),
  replay: () => journal.replay(),
  read: (...read) => journal.read(...read),
  retain: (segment) => journal.retain(segment),
  release: (segment) => journal.release(segment),
  stats: () => journal.stats(),
  shutdown: () => journal.shutdown(),
});

const journalFiles = async (): Promise<number> => (await readdir(join(dataDir, 'journal'))).length;

describe('pipeline', () => {
  it('turns requests into one line a run once the run is complete, and tells of it', async () => {
    const pipeline = await started();
    const story = refundStory();
    expect(await pipeline.accept(acceptTraces(story.spans))).toEqual({ kind: 'accepted' });
    expect(await pipeline.accept(acceptLogs(story.logs))).toEqual({ kind: 'accepted' });
    await pipeline.flush();
    expect(await lines()).toEqual([]);
    now += 1500;
    await pipeline.flush();
    const [line] = await lines();
    expect(line).toMatchObject({
      agent: { name: 'support' },
      extra: { aftertrace: { revision: 1, content: 'redacted' } },
    });
    expect(told.map(({ file, line: number }) => [file, number])).toEqual([
      ['trajectories/failure/2026-11-22.support.jsonl', 1],
    ]);
    expect(pipeline.stats()).toMatchObject({
      requests: 2,
      spans: 4,
      events: 3,
      store: { written: 1 },
      waiting: 0,
    });
  });

  it('writes the same bytes whether telemetry came as protobuf or as JSON, in one request or in many', async () => {
    const story = refundStory();
    const first = await started();
    await first.accept(acceptTraces(story.spans, 'protobuf'));
    await first.accept(acceptLogs(story.logs, 'protobuf'));
    await first.flush({ all: true });
    const expected = await textOf('failure');
    await first.shutdown();
    await rm(join(dataDir, 'trajectories'), { recursive: true });
    const second = await started();
    for (const log of story.logs.toReversed()) await second.accept(acceptLogs([log]));
    for (const span of story.spans) await second.accept(acceptTraces([span]));
    await second.flush({ all: true });
    expect(await textOf('failure')).toBe(expected);
    expect(expected.length).toBeGreaterThan(1000);
  });

  it('tells of a failed call as soon as it arrives, once, whether its span or its event came first', async () => {
    const pipeline = await started();
    const { spans, logs } = refundStory();
    await pipeline.accept(acceptLogs(logs.slice(0, 2)));
    await Promise.resolve();
    expect(findings).toMatchObject([
      {
        kind: 'tool_failure',
        agent: 'support',
        tool: 'refund',
        class: 'not_applied',
        rule: 'json.success_false',
        run: 'run-1',
        conversation: 'conv-1',
        fingerprintParts: [
          'tool_failure',
          'support',
          'refund',
          'not_applied',
          'json.success_false',
        ],
        evidence: [{ spanId: spanId('t1') }],
      },
    ]);
    const [{ id } = { id: '' }] = findings;
    await pipeline.accept(acceptTraces(spans));
    await pipeline.flush({ all: true });
    expect(findings).toHaveLength(1);
    expect(findings[0]?.evidence[0]?.trajectoryId).toBe((await lines())[0]?.trajectory_id);
    findings = [];
    const other = await started({ dataDir: join(dataDir, 'other') });
    await other.accept(acceptTraces(spans));
    await other.flush();
    expect(findings.map((finding) => finding.id)).toEqual([id]);
  });

  it('judges calls of agents without a guard, and tells of decisions and overrides', async () => {
    const pipeline = await started();
    const tool = (
      id: string,
      attributes: { [key: string]: string },
    ): Parameters<typeof acceptTraces>[0][number] => ({
      id,
      parent: 'root',
      attributes: {
        'gen_ai.operation.name': 'execute_tool',
        'gen_ai.tool.name': 'pay',
        'gen_ai.agent.name': 'clerk',
        ...attributes,
      },
    });
    const decision = {
      'aftertrace.tool.outcome': 'denied',
      'aftertrace.decision.verdict': 'block',
      'aftertrace.decision.source': 'policy',
      'aftertrace.decision.rule': 'no-pay',
    };
    await pipeline.accept(
      acceptTraces([
        tool('a', { 'gen_ai.tool.call.result': '{"success":false}' }),
        tool('b', { 'gen_ai.tool.call.result': '{"success":true}' }),
        tool('c', { ...decision, 'aftertrace.decision.id': 'd1' }),
        tool('d', {
          ...decision,
          'aftertrace.decision.id': 'd2',
          'aftertrace.decision.action': 'allow',
        }),
        tool('e', {
          'aftertrace.override.id': 'o1',
          'aftertrace.override.kind': 'approval',
          'aftertrace.override.decision': 'reject',
          'aftertrace.override.actor.id': 'ana',
          'aftertrace.override.reason': 'no',
        }),
      ]),
    );
    await pipeline.flush();
    expect(findings.map(({ fingerprintParts }) => fingerprintParts)).toEqual([
      ['tool_failure', 'clerk', 'pay', expect.any(String), 'json.success_false'],
      ['decision', 'clerk', 'pay', 'no-pay'],
      ['override', 'clerk', 'pay', 'approval', 'reject'],
    ]);
  });

  it('writes no second line for telemetry that comes again, and a revision for what comes late', async () => {
    const pipeline = await started();
    const { spans } = refundStory();
    await pipeline.accept(acceptTraces(spans));
    now += 2000;
    await pipeline.flush();
    await pipeline.accept(acceptTraces(spans));
    now += 2000;
    await pipeline.flush();
    expect(told).toHaveLength(1);
    await pipeline.accept(
      acceptTraces([
        {
          id: 't2',
          parent: 'agent',
          from: 45,
          to: 46,
          attributes: {
            'aftertrace.run.id': 'run-1',
            'gen_ai.operation.name': 'execute_tool',
            'gen_ai.tool.name': 'mail',
            'gen_ai.tool.call.result': 'ok',
          },
        },
      ]),
    );
    now += 2000;
    await pipeline.flush();
    expect(told.map(({ trajectory }) => trajectory.extra.aftertrace.revision)).toEqual([1, 2]);
    expect(await lines()).toHaveLength(1);
  });

  it('keeps what it acknowledged through a crash, and loses nothing of open runs', async () => {
    // The first process never gets to write: it is gone before the grace is over.
    const journal = newJournal();
    const first = await started({ journal });
    const { spans, logs } = refundStory();
    await first.accept(acceptTraces(spans.slice(0, 2)));
    await first.accept(acceptLogs(logs));
    await journal.shutdown();
    const second = await started({ journal: newJournal() });
    await second.accept(acceptTraces(spans.slice(2)));
    now += 2000;
    await second.flush();
    expect((await lines())[0]?.extra.aftertrace.completeness).toMatchObject({
      spans: 4,
      events: 3,
    });
    await second.shutdown();
    expect(await journalFiles()).toBe(0);
  });

  it('reads from the journal what memory does not hold, and writes the same bytes', async () => {
    const { spans, logs } = refundStory();
    const inMemory = await started({ journal: newJournal() });
    await inMemory.accept(acceptTraces(spans));
    await inMemory.accept(acceptLogs(logs));
    await inMemory.flush({ all: true });
    const expected = await textOf('failure');
    await inMemory.shutdown();
    await rm(join(dataDir, 'trajectories'), { recursive: true });
    const onDisk = await started({
      journal: newJournal(),
      config: { assembly: { memoryBytes: 1 } },
    });
    for (const span of spans) await onDisk.accept(acceptTraces([span], 'protobuf'));
    for (const log of logs) await onDisk.accept(acceptLogs([log]));
    await onDisk.flush({ all: true });
    expect(await textOf('failure')).toBe(expected);
    expect(onDisk.stats()).toMatchObject({ failedRuns: 0, store: { written: 1 } });
  });

  it('holds no bodies of runs that were told, and reads them again for a span that comes late', async () => {
    const { spans } = refundStory();
    const pipeline = await started({ journal: newJournal() });
    const requests = spans.map((span) => acceptTraces([span], 'protobuf'));
    for (const request of requests.slice(0, -1)) await pipeline.accept(request);
    const held = pipeline.stats().memoryBytes;
    now += 2000;
    await pipeline.flush({ all: true });
    expect(held).toBeGreaterThan(1000);
    expect(pipeline.stats()).toMatchObject({ memoryBytes: 0, store: { written: 1 } });
    for (const request of requests.slice(-1)) await pipeline.accept(request);
    now += 2000;
    await pipeline.flush({ all: true });
    expect(pipeline.stats()).toMatchObject({ memoryBytes: 0, failedRuns: 0 });
    expect((await lines()).map(({ extra }) => extra.aftertrace)).toMatchObject([
      { revision: 2, completeness: { spans: spans.length } },
    ]);
  });

  it('reads spans of a journal in which requests still stand as JSON', async () => {
    const journal = newJournal();
    await journal.start();
    for (const span of refundStory().spans) {
      await journal.append({ ...acceptTraces([span], 'json'), contentEncoding: 'identity' });
    }
    await journal.shutdown();
    const config = { assembly: { memoryBytes: 1 } };
    const pipeline = await started({ journal: newJournal(), config });
    await pipeline.flush({ all: true });
    expect(pipeline.stats()).toMatchObject({ failedRuns: 0, waiting: 0 });
    expect((await lines())[0]?.extra.aftertrace.completeness.spans).toBe(
      refundStory().spans.length,
    );
  });

  it('tries again to read a run that the disk does not give, and gives it up loudly in the end', async () => {
    const journal = newJournal();
    let isBroken = true;
    const failing: Journal = {
      ...bound(journal),
      read: (...read) => (isBroken ? Promise.reject(new Error('EIO')) : journal.read(...read)),
    };
    const config = { assembly: { memoryBytes: 1 }, checkIntervalMillis: 5 };
    const pipeline = await started({ journal: failing, config });
    await pipeline.accept(acceptTraces(foreignStory(trace(1))));
    await pipeline.flush({ all: true });
    expect(pipeline.stats()).toMatchObject({ waiting: 1, failedRuns: 0 });
    isBroken = false;
    await vi.waitFor(async () => expect(await lines()).toHaveLength(1));
    isBroken = true;
    await pipeline.accept(acceptTraces(foreignStory(trace(2))));
    await pipeline.flush({ all: true });
    await vi.waitFor(() => expect(pipeline.stats()).toMatchObject({ waiting: 0, failedRuns: 1 }));
    expect(logged.at(-1)?.message).toContain(trace(2));
  });

  it('writes no second line when the journal still holds a run that was written', async () => {
    const first = await started({ journal: newJournal() });
    const { spans } = refundStory();
    // An open run shares the segment, so that the written run stays in the journal.
    await first.accept(
      acceptTraces([
        ...spans,
        {
          trace: trace(7),
          id: 'open',
          parent: 'gone',
          attributes: { 'gen_ai.operation.name': 'chat' },
        },
      ]),
    );
    now += 2000;
    await first.flush();
    await first.shutdown();
    expect(await journalFiles()).toBe(1);
    const second = await started({ journal: newJournal() });
    now += 2000;
    await second.flush();
    expect(second.stats().store).toMatchObject({ written: 0, unchanged: 1 });
    expect(await lineCount('failure')).toBe(1);
    await second.flush({ all: true });
    expect(await lineCount('unresolved')).toBe(1);
    await second.shutdown();
    expect(await journalFiles()).toBe(0);
  });

  it('releases the journal of spans beside a run as soon as the run is written', async () => {
    const pipeline = await started({ journal: newJournal() });
    await pipeline.accept(
      acceptTraces([
        { id: 'web', to: 99 },
        { id: 'root', parent: 'web', attributes: { 'gen_ai.operation.name': 'invoke_agent' } },
        { trace: trace(3), id: 'GET /' },
      ]),
    );
    await pipeline.flush({ all: true });
    await pipeline.shutdown();
    expect(await journalFiles()).toBe(0);
    expect(await lines()).toHaveLength(1);
  });

  it('releases the journal of telemetry that is no run, and of runs that sampling drops', async () => {
    const pipeline = await started({
      journal: newJournal(),
      config: { sampling: { successRatio: 0 }, assembly: { idleMillis: 1000 } },
    });
    await pipeline.accept(acceptTraces([{ id: 'GET /' }]));
    await pipeline.accept(acceptLogs([{ event: 'something.else' }]));
    await pipeline.accept(acceptTraces(foreignStory(trace(1))));
    await pipeline.accept(acceptTraces(foreignStory(trace(2), 'content_filter')));
    now += 5000;
    await pipeline.flush();
    now += 1000;
    await pipeline.flush();
    expect(pipeline.stats()).toMatchObject({ sampledOut: 1, store: { written: 1 } });
    expect((await lines()).map((line) => line.extra.aftertrace.outcome.outcome)).toEqual([
      'failure',
    ]);
    await pipeline.shutdown();
    expect(await journalFiles()).toBe(0);
  });

  it('counts what sampling decided, once, though a crash makes it come again', async () => {
    const config = { sampling: { successRatio: 0 }, assembly: { idleMillis: 1000 } };
    const options = { config, date: () => Date.parse('2026-11-22T10:30:00Z') };
    const journal = newJournal();
    const first = await started({ ...options, journal });
    // An open run shares the segment, so that the runs that were decided stay in the journal.
    const going: SpanInput = {
      trace: trace(7),
      id: 'open',
      parent: 'gone',
      attributes: { 'gen_ai.operation.name': 'chat' },
    };
    await first.accept(acceptTraces([...foreignStory(trace(1)), ...foreignStory(trace(2)), going]));
    await first.accept(acceptTraces(foreignStory(trace(3), 'content_filter')));
    await first.flush();
    now += 2000;
    await first.flush();
    const decided = [
      { agent: 'clerk', rule: 'failure', seen: 1, kept: 1, dropped: 0 },
      { agent: 'clerk', rule: 'success_ratio', seen: 2, kept: 0, dropped: 2, ratioMax: 0 },
      { agent: 'shop', rule: 'unresolved', seen: 1, kept: 1 },
    ];
    expect(first.stats().sampling).toMatchObject({ droppedUnread: 2, droppedRead: 0 });
    expect(await readSamplingCounts(dataDir)).toMatchObject(decided);
    expect(await readSamplingCounts(dataDir)).toMatchObject([
      { hour: '2026-11-22T10:00:00.000Z' },
      {},
      {},
    ]);
    // The first process ends here, as far as the disk can tell.
    await journal.shutdown();
    const second = await started({ ...options, journal: newJournal() });
    await second.accept(acceptTraces(foreignStory(trace(4))));
    now += 20_000;
    await second.flush();
    expect(await readSamplingCounts(dataDir)).toMatchObject([
      { seen: 1 },
      { rule: 'success_ratio', seen: 3, dropped: 3 },
      { seen: 1 },
    ]);
  });

  it('lets go of runs only when their counts are on disk', async () => {
    const blocked = join(dataDir, 'trajectories', 'sampling');
    const pipeline = await started({
      journal: newJournal(),
      config: { sampling: { successRatio: 0 } },
    });
    await mkdir(join(dataDir, 'trajectories'), { recursive: true });
    await writeFile(blocked, '');
    await pipeline.accept(acceptTraces(foreignStory(trace(1))));
    await pipeline.flush({ all: true });
    expect(pipeline.stats()).toMatchObject({ waiting: 1, sampledOut: 0 });
    expect(logged.map(({ level }) => level)).toContain('error');
    await rm(blocked);
    await pipeline.flush({ all: true });
    expect(pipeline.stats()).toMatchObject({
      waiting: 0,
      sampledOut: 1,
      sampling: { droppedUnread: 1 },
    });
    expect(await readSamplingCounts(dataDir)).toMatchObject([{ seen: 1, dropped: 1, again: 0 }]);
  });

  it('refuses what is no OTLP, counts what it cannot use, and says when it is not running', async () => {
    const pipeline = await started();
    const bad = await pipeline.accept({
      signal: 'traces',
      encoding: 'json',
      body: Buffer.from('{"resourceSpans":7}'),
      receivedAt: 0,
    });
    expect(bad).toMatchObject({ kind: 'bad_request', message: expect.stringContaining('list') });
    const [good] = foreignStory(trace(1));
    const partly = await pipeline.accept(
      acceptTraces([{ id: 'x', trace: '00' }, good ?? { id: 'y' }]),
    );
    expect(partly).toMatchObject({ kind: 'accepted', rejected: { count: 1 } });
    await pipeline.shutdown();
    expect(await pipeline.accept(acceptTraces([]))).toMatchObject({
      kind: 'unavailable',
      retryAfterSeconds: 1,
    });
  });

  it('answers unavailable when the journal refuses, and takes nothing in', async () => {
    const journal = newJournal();
    const pipeline = await started({ journal });
    await journal.shutdown();
    expect(await pipeline.accept(acceptTraces(foreignStory(trace(1))))).toMatchObject({
      kind: 'unavailable',
    });
    await pipeline.flush({ all: true });
    expect(await lines()).toEqual([]);
  });

  it('keeps runs that the disk refuses and writes them when it is well, and logs it once', async () => {
    const { mkdir, writeFile } = await import('node:fs/promises');
    const pipeline = await started();
    await mkdir(join(dataDir, 'trajectories'));
    await writeFile(join(dataDir, 'trajectories/success'), 'in the way');
    await pipeline.accept(acceptTraces(foreignStory(trace(1))));
    now += 2000;
    await pipeline.flush();
    await pipeline.flush();
    expect(pipeline.stats().waiting).toBe(1);
    expect(logged.filter(({ level }) => level === 'error')).toHaveLength(1);
    await rm(join(dataDir, 'trajectories/success'));
    await pipeline.flush();
    expect(await lines()).toHaveLength(1);
  });

  it('goes on when whoever listens throws', async () => {
    const fail = (): never => {
      throw new Error('not today');
    };
    const pipeline = await started({ onFinding: fail, onRun: fail });
    await pipeline.accept(acceptTraces(refundStory().spans));
    await pipeline.flush({ all: true });
    expect(await lines()).toHaveLength(1);
    expect(logged.map(({ level }) => level)).toEqual(['error', 'error']);
  });

  it('on shutdown writes runs that have ended, and without a journal all others too', async () => {
    const withJournal = await started({ journal: newJournal() });
    await withJournal.accept(
      acceptTraces([
        ...foreignStory(trace(1)),
        {
          trace: trace(2),
          id: 'open',
          parent: 'gone',
          attributes: { 'gen_ai.operation.name': 'chat' },
        },
      ]),
    );
    await withJournal.shutdown();
    expect(await lines()).toHaveLength(1);
    const without = await started({ dataDir: join(dataDir, 'b') });
    await without.accept(
      acceptTraces([
        {
          trace: trace(2),
          id: 'open',
          parent: 'gone',
          attributes: { 'gen_ai.operation.name': 'chat' },
        },
      ]),
    );
    await without.shutdown();
    expect(await Array.fromAsync(readTrajectories(join(dataDir, 'b')))).toHaveLength(1);
  });

  it('writes the incidents that are known into the line', async () => {
    const pipeline = await started({ incidentIdsOf: () => ['inc_1'] });
    await pipeline.accept(acceptTraces(foreignStory(trace(1))));
    await pipeline.flush({ all: true });
    expect((await lines())[0]?.extra.aftertrace.incidentIds).toEqual(['inc_1']);
  });

  it('refuses a configuration with an unknown field', () => {
    expect(() => createPipeline({ dataDir, config: { contents: 'full' } as never })).toThrow(
      /contents/,
    );
  });

  it('keeps files as configured, and tells before retention deletes one', async () => {
    const removed: FileRemoval[] = [];
    const pipeline = await started({
      config: {
        files: {
          retention: {
            maxAgeMillis: 1000,
            minAgeMillis: { success: 0, failure: 0, unresolved: 0 },
          },
          maintenanceIntervalMillis: 5,
        },
      },
      date: () => now,
      onRemove: (removal) => void removed.push(removal),
    });
    await pipeline.accept(acceptTraces(refundStory().spans));
    await pipeline.flush({ all: true });
    const [line] = await lines();
    expect(removed).toEqual([]);
    now = Number(line?.extra.aftertrace.timing.endTimeUnixNano) / 1e6 + 3 * 86_400_000;
    await expect.poll(() => removed.map(({ because }) => because)).toEqual(['age']);
    await expect.poll(lines).toEqual([]);
  });
});

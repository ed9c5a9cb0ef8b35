import { cp, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, it, onTestFinished } from 'vitest';

import { eraseRuns } from './conversations/erase-runs.ts';
import { createJournal, type Journal } from './journal/journal.ts';
import type { Pipeline } from './pipeline-api.ts';
import { createPipeline } from './pipeline.ts';
import { readSamplingCounts } from './sample/sampling-files.ts';
import { acceptLogs, acceptTraces, type SpanInput } from './testing/otlp-builder.ts';
import { bound, eachWithPipelines, type PipelineSetup } from './testing/pipeline-setup.ts';
import { foreignStory, refundStory } from './testing/stories.ts';

const trace = (digit: number): string => String(digit).repeat(32);

let at: PipelineSetup;
eachWithPipelines((setup) => {
  at = setup;
});

describe('pipeline, journal and disk', () => {
  it('keeps what it acknowledged through a crash, and loses nothing of open runs', async () => {
    // The first process never gets to write: it is gone before the grace is over.
    const journal = at.newJournal();
    const first = await at.started({ journal });
    const { spans, logs } = refundStory();
    await first.accept(acceptTraces(spans.slice(0, 2)));
    await first.accept(acceptLogs(logs));
    await journal.shutdown();
    const second = await at.started({ journal: at.newJournal() });
    await second.accept(acceptTraces(spans.slice(2)));
    at.now += 2000;
    await second.flush();
    expect((await at.lines())[0]?.extra.aftertrace.completeness).toMatchObject({
      spans: 4,
      events: 3,
    });
    await second.shutdown();
    expect(await at.journalFiles()).toBe(0);
  });

  it('reads from the journal what memory does not hold, and writes the same bytes', async () => {
    const { spans, logs } = refundStory();
    const inMemory = await at.started({ journal: at.newJournal() });
    await inMemory.accept(acceptTraces(spans));
    await inMemory.accept(acceptLogs(logs));
    await inMemory.flush({ all: true });
    const expected = await at.textOf('failure');
    await inMemory.shutdown();
    await rm(join(at.dataDir, 'trajectories'), { recursive: true });
    const onDisk = await at.started({
      journal: at.newJournal(),
      config: { assembly: { memoryBytes: 1 } },
    });
    for (const span of spans) await onDisk.accept(acceptTraces([span], 'protobuf'));
    for (const log of logs) await onDisk.accept(acceptLogs([log]));
    await onDisk.flush({ all: true });
    expect(await at.textOf('failure')).toBe(expected);
    expect(onDisk.stats()).toMatchObject({ failedRuns: 0, store: { written: 1 } });
  });

  it('holds no bodies of runs that were at.told, and reads them again for a span that comes late', async () => {
    const { spans } = refundStory();
    const pipeline = await at.started({ journal: at.newJournal() });
    const requests = spans.map((span) => acceptTraces([span], 'protobuf'));
    for (const request of requests.slice(0, -1)) await pipeline.accept(request);
    const held = pipeline.stats().memoryBytes;
    at.now += 2000;
    await pipeline.flush({ all: true });
    expect(held).toBeGreaterThan(1000);
    expect(pipeline.stats()).toMatchObject({ memoryBytes: 0, store: { written: 1 } });
    for (const request of requests.slice(-1)) await pipeline.accept(request);
    at.now += 2000;
    await pipeline.flush({ all: true });
    expect(pipeline.stats()).toMatchObject({ memoryBytes: 0, failedRuns: 0 });
    expect((await at.lines()).map(({ extra }) => extra.aftertrace)).toMatchObject([
      { revision: 2, completeness: { spans: spans.length } },
    ]);
  });

  it('reads spans of a journal in which requests still stand as JSON', async () => {
    const journal = at.newJournal();
    await journal.start();
    for (const span of refundStory().spans) {
      await journal.append({ ...acceptTraces([span], 'json'), contentEncoding: 'identity' });
    }
    await journal.shutdown();
    const config = { assembly: { memoryBytes: 1 } };
    const pipeline = await at.started({ journal: at.newJournal(), config });
    await pipeline.flush({ all: true });
    expect(pipeline.stats()).toMatchObject({ failedRuns: 0, waiting: 0 });
    expect((await at.lines())[0]?.extra.aftertrace.completeness.spans).toBe(
      refundStory().spans.length,
    );
  });

  it('tries again to read a run that the disk does not give, and gives it up loudly in the end', async () => {
    const journal = at.newJournal();
    let isBroken = true;
    const failing: Journal = {
      ...bound(journal),
      read: (...read) => (isBroken ? Promise.reject(new Error('EIO')) : journal.read(...read)),
    };
    const config = { assembly: { memoryBytes: 1 }, checkIntervalMillis: 5 };
    const pipeline = await at.started({ journal: failing, config });
    await pipeline.accept(acceptTraces(foreignStory(trace(1))));
    await pipeline.flush({ all: true });
    expect(pipeline.stats()).toMatchObject({ waiting: 1, failedRuns: 0 });
    isBroken = false;
    await expect.poll(() => at.lines()).toHaveLength(1);
    isBroken = true;
    await pipeline.accept(acceptTraces(foreignStory(trace(2))));
    await pipeline.flush({ all: true });
    await expect.poll(() => pipeline.stats()).toMatchObject({ waiting: 0, failedRuns: 1 });
    expect(at.logged.at(-1)?.message).toContain(trace(2));
  });

  it('writes no second line when the journal still holds a run that was written', async () => {
    const first = await at.started({ journal: at.newJournal() });
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
    at.now += 2000;
    await first.flush();
    await first.shutdown();
    expect(await at.journalFiles()).toBe(1);
    const second = await at.started({ journal: at.newJournal() });
    at.now += 2000;
    await second.flush();
    expect(second.stats().store).toMatchObject({ written: 0, unchanged: 1 });
    expect(await at.lineCount('failure')).toBe(1);
    await second.flush({ all: true });
    expect(await at.lineCount('unresolved')).toBe(1);
    await second.shutdown();
    expect(await at.journalFiles()).toBe(0);
  });

  describe('a run that was erased', () => {
    /** Shares the segment, so that the run stays in the journal. */
    const open: SpanInput = {
      trace: trace(7),
      id: 'open',
      parent: 'gone',
      attributes: { 'gen_ai.operation.name': 'chat' },
    };

    /** A directory with a run that is written and stands in the journal too, as a killed companion leaves it. */
    async function written(): Promise<string> {
      const first = await at.started({ journal: at.newJournal() });
      await first.accept(acceptTraces([...refundStory().spans, open]));
      at.now += 2000;
      await first.flush();
      const [line] = await at.lines();
      return line?.trajectory_id ?? '';
    }

    /** The directory as it is now, gone on with: whoever had it is dead. */
    async function afterKill(): Promise<Pipeline> {
      const dataDir = `${at.dataDir}-killed`;
      await rm(dataDir, { recursive: true, force: true });
      await cp(at.dataDir, dataDir, { recursive: true, preserveTimestamps: true });
      onTestFinished(() => rm(dataDir, { recursive: true, force: true }));
      const pipeline = await at.started({
        dataDir,
        journal: createJournal({ dir: join(dataDir, 'journal') }),
      });
      at.now += 2000;
      await pipeline.flush();
      return pipeline;
    }

    it.each(['while the companion runs', 'while none runs'])(
      'does not come back from the journal, erased %s',
      async (when) => {
        const id = await written();
        const [first] = at.pipelines;
        if (when === 'while none runs') await first?.shutdown();
        const erased = await (when === 'while none runs'
          ? eraseRuns(at.dataDir, { ids: [id] })
          : first?.erase({ ids: [id] }));
        expect(erased).toMatchObject({ erased: [id], erasedLines: 1 });
        const second = await afterKill();
        expect(second.stats()).toMatchObject({ erasedRuns: 1, store: { trajectories: 0 } });
        await second.flush({ all: true });
        expect(second.stats().store.written).toBe(1);
        await second.shutdown();
        // The open run is written, the journal empty: nothing is left to remember.
        const directory = `${at.dataDir}-killed`;
        expect(await readdir(join(directory, 'journal'))).toEqual([]);
        const third = await at.started({
          dataDir: directory,
          journal: createJournal({ dir: join(directory, 'journal') }),
        });
        expect(await readdir(directory)).not.toContain('erased-runs.json');
        await third.shutdown();
      },
    );

    it('is not brought back where the companion is killed before its line is gone', async () => {
      const id = await written();
      const [first] = at.pipelines;
      let second: Pipeline | undefined;
      await first?.erase(
        { ids: [id] },
        { onPlanned: async () => void (second = await afterKill()) },
      );
      expect(second?.stats()).toMatchObject({ erasedRuns: 1, store: { trajectories: 1 } });
      expect(await second?.erase({ ids: [id] })).toMatchObject({ erasedLines: 1 });
    });

    it('has a line again when it is sent again, which is new telemetry, in the same segment too', async () => {
      const id = await written();
      const [first] = at.pipelines;
      await first?.erase({ ids: [id] });
      await first?.accept(acceptTraces(refundStory().spans));
      at.now += 2000;
      await first?.flush();
      expect(first?.stats()).toMatchObject({ erasedRuns: 0, store: { trajectories: 1 } });
    });

    it('does not come back where only events tell of it', async () => {
      const first = await at.started({ journal: at.newJournal() });
      await first.accept(acceptTraces([open]));
      await first.accept(acceptLogs(refundStory().logs));
      await first.flush({ all: true });
      await first.accept(acceptTraces([{ ...open, trace: trace(8) }]));
      const ids = (await at.lines()).map((line) => line.trajectory_id);
      expect(ids).toHaveLength(2);
      await first.erase({ ids });
      const second = await afterKill();
      await second.flush({ all: true });
      expect(second.stats()).toMatchObject({ erasedRuns: 2, store: { written: 1 } });
    });

    it('stops a start where nobody can say which ones they are', async () => {
      await writeFile(join(at.dataDir, 'erased-runs.json'), '{"v":1,"erasures":[{}]}');
      const pipeline = createPipeline({ dataDir: at.dataDir, journal: at.newJournal() });
      await expect(pipeline.start()).rejects.toMatchObject({ code: 'erased_runs_unreadable' });
    });
  });

  it('releases the journal of spans beside a run as soon as the run is written', async () => {
    const pipeline = await at.started({ journal: at.newJournal() });
    await pipeline.accept(
      acceptTraces([
        { id: 'web', to: 99 },
        { id: 'root', parent: 'web', attributes: { 'gen_ai.operation.name': 'invoke_agent' } },
        { trace: trace(3), id: 'GET /' },
      ]),
    );
    await pipeline.flush({ all: true });
    await pipeline.shutdown();
    expect(await at.journalFiles()).toBe(0);
    expect(await at.lines()).toHaveLength(1);
  });

  it('releases the journal of telemetry that is no run, and of runs that sampling drops', async () => {
    const pipeline = await at.started({
      journal: at.newJournal(),
      config: { sampling: { successRatio: 0 }, assembly: { idleMillis: 1000 } },
    });
    await pipeline.accept(acceptTraces([{ id: 'GET /' }]));
    await pipeline.accept(acceptLogs([{ event: 'something.else' }]));
    await pipeline.accept(acceptTraces(foreignStory(trace(1))));
    await pipeline.accept(acceptTraces(foreignStory(trace(2), 'content_filter')));
    at.now += 5000;
    await pipeline.flush();
    at.now += 1000;
    await pipeline.flush();
    expect(pipeline.stats()).toMatchObject({ sampledOut: 1, store: { written: 1 } });
    expect((await at.lines()).map((line) => line.extra.aftertrace.outcome.outcome)).toEqual([
      'failure',
    ]);
    await pipeline.shutdown();
    expect(await at.journalFiles()).toBe(0);
  });

  it('counts what sampling decided, once, though a crash makes it come again', async () => {
    const config = { sampling: { successRatio: 0 }, assembly: { idleMillis: 1000 } };
    const options = { config, date: () => Date.parse('2026-11-22T10:30:00Z') };
    const journal = at.newJournal();
    const first = await at.started({ ...options, journal });
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
    at.now += 2000;
    await first.flush();
    const decided = [
      { agent: 'clerk', rule: 'failure', seen: 1, kept: 1, dropped: 0 },
      { agent: 'clerk', rule: 'success_ratio', seen: 2, kept: 0, dropped: 2, ratioMax: 0 },
      { agent: 'shop', rule: 'unresolved', seen: 1, kept: 1 },
    ];
    expect(first.stats().sampling).toMatchObject({ droppedUnread: 2, droppedRead: 0 });
    expect(await readSamplingCounts(at.dataDir)).toMatchObject(decided);
    expect(await readSamplingCounts(at.dataDir)).toMatchObject([
      { hour: '2026-11-22T10:00:00.000Z' },
      {},
      {},
    ]);
    // The first process ends here, as far as the disk can tell.
    await journal.shutdown();
    const second = await at.started({ ...options, journal: at.newJournal() });
    await second.accept(acceptTraces(foreignStory(trace(4))));
    at.now += 20_000;
    await second.flush();
    expect(await readSamplingCounts(at.dataDir)).toMatchObject([
      { seen: 1 },
      { rule: 'success_ratio', seen: 3, dropped: 3 },
      { seen: 1 },
    ]);
  });

  it('lets go of runs only when their counts are on disk', async () => {
    const blocked = join(at.dataDir, 'trajectories', 'sampling');
    const pipeline = await at.started({
      journal: at.newJournal(),
      config: { sampling: { successRatio: 0 } },
    });
    await mkdir(join(at.dataDir, 'trajectories'), { recursive: true });
    await writeFile(blocked, '');
    await pipeline.accept(acceptTraces(foreignStory(trace(1))));
    await pipeline.flush({ all: true });
    expect(pipeline.stats()).toMatchObject({ waiting: 1, sampledOut: 0 });
    expect(at.logged.map(({ level }) => level)).toContain('error');
    await rm(blocked);
    await pipeline.flush({ all: true });
    expect(pipeline.stats()).toMatchObject({
      waiting: 0,
      sampledOut: 1,
      sampling: { droppedUnread: 1 },
    });
    expect(await readSamplingCounts(at.dataDir)).toMatchObject([{ seen: 1, dropped: 1, again: 0 }]);
  });

  it('answers unavailable when the journal refuses, and takes nothing in', async () => {
    const journal = at.newJournal();
    const pipeline = await at.started({ journal });
    await journal.shutdown();
    expect(await pipeline.accept(acceptTraces(foreignStory(trace(1))))).toMatchObject({
      kind: 'unavailable',
    });
    await pipeline.flush({ all: true });
    expect(await at.lines()).toEqual([]);
  });

  it('keeps runs that the disk refuses and writes them when it is well, and logs it once', async () => {
    const { mkdir, writeFile } = await import('node:fs/promises');
    const pipeline = await at.started();
    await mkdir(join(at.dataDir, 'trajectories'));
    await writeFile(join(at.dataDir, 'trajectories/success'), 'in the way');
    await pipeline.accept(acceptTraces(foreignStory(trace(1))));
    at.now += 2000;
    await pipeline.flush();
    await pipeline.flush();
    expect(pipeline.stats().waiting).toBe(1);
    expect(at.logged.filter(({ level }) => level === 'error')).toHaveLength(1);
    await rm(join(at.dataDir, 'trajectories/success'));
    await pipeline.flush();
    expect(await at.lines()).toHaveLength(1);
  });
});

import { describe, expect, it } from 'vitest';

import { assembling, readable, type Assembling } from '../testing/assembling.ts';
import { spanId, TRACE, type LogInput, type SpanInput } from '../testing/otlp-builder.ts';
import type { AssemblyLimits, ReadyRun } from './assembler.ts';

const AGENT = { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.agent.name': 'clerk' };
const CHAT = { 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': 'gpt' };
const TOOL = { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 'look' };
const OTHER_TRACE = '2'.padStart(32, 'b');

interface Desk extends Assembling {
  /** Names of events that were settled. */
  readonly settled: string[];
}

function desk(limits: Partial<AssemblyLimits> = {}): Desk {
  const settled: string[] = [];
  return { ...assembling({ limits, onSettled: (name) => void settled.push(name) }), settled };
}

/** Names of the spans, read where they lie. */
const names = (run: ReadyRun | undefined): string[] | undefined =>
  run && readable(run).part.spans.map(({ span }) => span.name);

describe('assembler', () => {
  it('tells a run when its topmost agent span has ended and the grace has passed, once', () => {
    const { assembler, spans } = desk();
    spans(1000, { id: 'chat', parent: 'root', from: 1, to: 2, attributes: CHAT });
    expect(assembler.due(10_000)).toEqual([]);
    spans(10_000, { id: 'root', to: 5, attributes: AGENT });
    expect(assembler.due(11_499)).toEqual([]);
    const [run] = assembler.due(11_500);
    expect(names(run)).toEqual(['root', 'chat']);
    expect(run).toMatchObject({
      reason: 'ended',
      part: { rootSpanId: spanId('root'), progress: 'ended', orphans: 0 },
    });
    expect(assembler.due(20_000)).toEqual([]);
  });

  it('waits on while spans of the run keep coming', () => {
    const { assembler, spans } = desk();
    spans(0, { id: 'root', to: 5, attributes: AGENT });
    spans(1400, { id: 'chat', parent: 'root', attributes: CHAT });
    expect(assembler.due(2899)).toEqual([]);
    expect(assembler.due(2900).map(names)).toEqual([['root', 'chat']]);
  });

  it('tells a run again when an event of it came late', () => {
    const { assembler, spans, logs } = desk();
    spans(0, { id: 'root', to: 5, attributes: AGENT });
    assembler.due(2000);
    logs(3000, { event: 'aftertrace.override', span: 'root' });
    expect(assembler.due(5000)).toMatchObject([{ part: { events: [{}] } }]);
  });

  it('makes one run of nested agents and two of agents side by side', () => {
    const { assembler, spans } = desk();
    spans(
      0,
      { id: 'web', from: 0, to: 100 },
      { id: 'a', parent: 'web', from: 1, to: 50, attributes: AGENT },
      { id: 'sub', parent: 'a', from: 10, to: 40, attributes: AGENT },
      { id: 'tool', parent: 'sub', from: 20, to: 30, attributes: TOOL },
      { id: 'b', parent: 'web', from: 60, to: 90, attributes: AGENT },
    );
    expect(assembler.due(5000).map(names)).toEqual([['a', 'sub', 'tool'], ['b']]);
  });

  it('takes the local root where a trace has no agent span, and no run at all where nothing in it is of an agent', () => {
    const { assembler, spans } = desk();
    spans(0, { id: 'main', to: 50 }, { id: 'chat', parent: 'main', from: 2, attributes: CHAT });
    spans(
      0,
      { trace: OTHER_TRACE, id: 'GET /', to: 9 },
      { trace: OTHER_TRACE, id: 'db', parent: 'GET /' },
    );
    const runs = assembler.due(5000);
    expect(runs.map(names)).toEqual([['main', 'chat']]);
    expect(runs[0]?.part.rootSpanId).toBe(spanId('main'));
    expect(assembler.closeAll(6000)).toEqual([]);
  });

  it('keeps spans of a run id together across traces, and apart from another run in one trace', () => {
    const { assembler, spans } = desk();
    const run = (id: string): Record<string, string> => ({ ...AGENT, 'aftertrace.run.id': id });
    spans(
      0,
      { id: 'a', to: 50, attributes: run('r1') },
      { id: 'b', from: 60, to: 70, attributes: run('r2') },
      {
        trace: OTHER_TRACE,
        id: 'far',
        from: 20,
        attributes: { ...CHAT, 'aftertrace.run.id': 'r1' },
      },
    );
    expect(assembler.due(60_000).map((ready) => [ready.part.runId, names(ready)])).toEqual([
      ['r1', ['a', 'far']],
      ['r2', ['b']],
    ]);
  });

  it('puts spans whose parent is missing into the run that went on at their time', () => {
    const { assembler, spans } = desk();
    spans(
      0,
      { id: 'chat', parent: 'lost', from: 10, to: 20, attributes: CHAT },
      { id: 'a', from: 0, to: 50, attributes: AGENT },
      { id: 'b', from: 60, to: 70, attributes: AGENT },
    );
    const runs = assembler.due(5000);
    expect(runs.map(names)).toEqual([['a', 'chat'], ['b']]);
    expect(runs.map(({ part }) => part.orphans)).toEqual([1, 0]);
  });

  it('waits longer where the parent of an agent span is missing, and takes it into the run above when that comes', () => {
    const { assembler, spans } = desk({ orphanGraceMillis: 30_000 });
    spans(0, { id: 'sub', parent: 'tool', from: 10, to: 20, attributes: AGENT });
    expect(assembler.due(20_000)).toEqual([]);
    expect(assembler.due(30_000).map(names)).toEqual([['sub']]);
    spans(
      40_000,
      { id: 'tool', parent: 'root', from: 5, to: 25, attributes: TOOL },
      { id: 'root', to: 50, attributes: AGENT },
    );
    const [run] = assembler.due(45_000);
    expect(names(run)).toEqual(['root', 'tool', 'sub']);
    expect(run?.absorbed).toMatchObject([{ traceId: TRACE, rootSpanId: spanId('sub') }]);
  });

  it('tells a run again when late spans came, not for the same spans, and forgets it after the window', () => {
    const { assembler, spans } = desk();
    spans(0, { id: 'root', to: 50, attributes: AGENT });
    const [first] = assembler.due(2000);
    spans(3000, { id: 'root', to: 50, attributes: AGENT });
    expect(assembler.due(10_000)).toEqual([]);
    spans(11_000, { id: 'late', parent: 'root', from: 20, attributes: TOOL });
    const [second] = assembler.due(13_000);
    first?.settle();
    second?.settle();
    expect(names(second)).toEqual(['root', 'late']);
    expect(second?.digest).not.toBe(first?.digest);
    expect(assembler.stats()).toMatchObject({ openGroups: 1, toldGroups: 1 });
    assembler.due(13_000 + 600_000);
    expect(assembler.stats()).toMatchObject({
      openGroups: 0,
      toldGroups: 0,
      openRecords: 0,
      openBytes: 0,
      duplicates: 1,
    });
    spans(700_000, { id: 'later', parent: 'root', from: 21, attributes: TOOL });
    expect(assembler.closeAll(700_001)).toEqual([]);
    expect(assembler.stats()).toMatchObject({ late: 1, openRecords: 0 });
  });

  it('gives up on a run without news, and on one that never ends', () => {
    const { assembler, spans } = desk({ idleMillis: 1000, maxAgeMillis: 3000 });
    spans(0, { id: 'quiet', parent: 'gone', attributes: TOOL });
    expect(assembler.due(999)).toEqual([]);
    expect(assembler.due(1000)).toMatchObject([{ reason: 'idle', part: { progress: 'open' } }]);
    for (let at = 0; at <= 3000; at += 500)
      spans(at, { trace: OTHER_TRACE, id: `t${at}`, parent: 'gone', attributes: TOOL });
    expect(assembler.due(3000)).toMatchObject([{ reason: 'max_age' }]);
  });

  it('keeps of two spans with one id the one that ended later', () => {
    const { assembler, spans } = desk();
    spans(0, { id: 'root', to: 50, attributes: AGENT }, { id: 'root', to: 10, attributes: AGENT });
    const [run] = assembler.due(5000);
    expect(run?.part.spans).toHaveLength(1);
    expect(run && readable(run).part.root?.span.endTimeUnixNano).toMatch(/050000000$/);
  });

  it('knows a run by its events alone, and waits for the spans of a run that was sampled', () => {
    const ended = (sampled: boolean, trace: string): LogInput => ({
      event: 'aftertrace.run.ended',
      trace,
      span: 'agent',
      at: 9,
      attributes: { 'aftertrace.run.id': `run ${sampled}`, 'aftertrace.run.sampled': sampled },
    });
    const { assembler, logs } = desk();
    logs(0, ended(false, TRACE), ended(true, OTHER_TRACE));
    expect(assembler.due(1500).map(({ part }) => part.runId)).toEqual(['run false']);
    expect(assembler.due(30_000).map(({ part }) => part.runId)).toEqual(['run true']);
  });

  it('holds no more than it may: the oldest trace is told early, and more of a full trace is refused', () => {
    const { assembler, spans, settled } = desk({ maxOpenSpans: 3, maxRecordsPerGroup: 2 });
    spans(
      0,
      { id: 'old', parent: 'x', attributes: TOOL },
      { id: 'old2', parent: 'x', attributes: TOOL },
      { id: 'old3', parent: 'x', attributes: TOOL },
    );
    expect(assembler.stats()).toMatchObject({ refused: 1, openRecords: 2 });
    expect(settled).toEqual(['old3']);
    const [early] = spans(
      1,
      { trace: OTHER_TRACE, id: 'n1', parent: 'x', attributes: TOOL },
      { trace: OTHER_TRACE, id: 'n2', parent: 'x', attributes: TOOL },
    );
    expect(early).toMatchObject({ reason: 'evicted', refused: 1 });
    expect(names(early)).toEqual(['old', 'old2']);
    expect(assembler.stats()).toMatchObject({ evicted: 1, openGroups: 1, openRecords: 4 });
    expect(settled).toEqual(['old3']);
    early?.settle();
    expect(settled.toSorted()).toEqual(['old', 'old2', 'old3']);
    expect(assembler.stats()).toMatchObject({ openRecords: 2 });
  });

  it('refuses more of a single trace that is larger than all that may be held', () => {
    const one = desk();
    one.spans(0, { id: 'a', parent: 'x', attributes: TOOL });
    const { assembler, spans } = desk({ maxOpenBytes: one.assembler.stats().openBytes });
    spans(0, ...['a', 'b', 'c', 'd'].map((id) => ({ id, parent: 'x', attributes: TOOL })));
    expect(assembler.stats()).toMatchObject({ openRecords: 2, refused: 2, evicted: 0 });
  });

  it('keeps what was told for late spans, but no more of it than it may: the oldest waits no longer', () => {
    const { assembler, spans, settled } = desk({ lateBytes: 1 });
    spans(0, { id: 'first', attributes: AGENT });
    for (const run of assembler.due(2000)) run.settle();
    expect(settled).toEqual([]);
    spans(2000, { trace: OTHER_TRACE, id: 'next', attributes: AGENT });
    expect(settled).toEqual(['first']);
    spans(3000, { id: 'late', parent: 'first', attributes: TOOL });
    assembler.due(3_000_000);
    expect(assembler.stats()).toMatchObject({ late: 1 });
  });

  it('tells no more runs early than it must, even while those are still being written', () => {
    const { assembler, spans } = desk({ maxOpenSpans: 6 });
    const two = (digit: string): SpanInput[] =>
      ['a', 'b'].map((id) => ({ trace: digit.repeat(32), id, parent: 'x', attributes: TOOL }));
    for (const digit of ['1', '2', '3']) spans(Number(digit), ...two(digit));
    const early = spans(4, ...two('4'));
    expect(early.map(({ part }) => part.traceId)).toEqual(['1'.repeat(32)]);
    expect(assembler.stats()).toMatchObject({ evicted: 1, openGroups: 3 });
    for (const run of early) run.settle();
    expect(spans(5, ...two('5')).map(({ part }) => part.traceId)).toEqual(['2'.repeat(32)]);
    expect(assembler.stats()).toMatchObject({ evicted: 2, openGroups: 3, openRecords: 8 });
  });

  it('holds events in memory, and so no more of them than memory may', () => {
    const { assembler, logs } = desk({ memoryBytes: 250 });
    const ended = (run: string): LogInput => ({
      event: 'aftertrace.tool.outcome',
      trace: run.repeat(32),
      attributes: { 'aftertrace.run.id': run },
    });
    logs(0, ended('1'), ended('2'));
    expect(logs(1, ended('3')).map(({ part }) => part.runId)).toEqual(['1']);
    expect(assembler.stats()).toMatchObject({ evicted: 1, openGroups: 2 });
  });

  it('forgets nothing of a told run that went into another', () => {
    const { assembler, spans, settled } = desk({ lateBytes: 1 });
    const inRun = { ...TOOL, 'aftertrace.run.id': 'r1' };
    spans(0, { id: 'told', attributes: AGENT });
    spans(0, {
      trace: OTHER_TRACE,
      id: 'far',
      attributes: { ...AGENT, 'aftertrace.run.id': 'r1' },
    });
    spans(0, { trace: OTHER_TRACE, id: 'far2', parent: 'far', attributes: inRun });
    const told = assembler.due(2000);
    for (const run of told) run.settle();
    // A span of the run in the first trace makes one of both, though one was let go of for its bytes.
    spans(3000, { id: 'bridge', parent: 'told', attributes: inRun });
    spans(4000, { trace: 'c'.repeat(32), id: 'other', attributes: AGENT });
    for (const run of assembler.due(6000)) run.settle();
    const [whole] = spans(7000, { id: 'late', parent: 'told', attributes: inRun });
    expect(whole).toBeUndefined();
    const ready = assembler.closeAll(8000);
    for (const run of ready) expect(names(run)).toBeDefined();
    for (const run of ready) run.settle();
    assembler.forgetTold();
    expect(assembler.stats()).toMatchObject({ openGroups: 0, openRecords: 0, openBytes: 0 });
    expect(new Set(settled).size).toBe(settled.length);
  });

  it('lets go of told runs first when there is no room', () => {
    const { assembler, spans } = desk({ maxOpenGroups: 1 });
    spans(0, { id: 'told', attributes: AGENT });
    for (const run of assembler.due(2000)) run.settle();
    expect(spans(2000, { trace: OTHER_TRACE, id: 'new', attributes: AGENT })).toEqual([]);
    expect(assembler.stats()).toMatchObject({ evicted: 0, openGroups: 1 });
  });

  it('survives parents that form a circle', () => {
    const { assembler, spans } = desk();
    spans(
      0,
      { id: 'a', parent: 'b', attributes: TOOL },
      { id: 'b', parent: 'a', attributes: TOOL },
      { id: 'c', parent: 'c', attributes: AGENT },
    );
    expect(assembler.closeAll(1).flatMap(({ part }) => part.spans)).toHaveLength(3);
  });
});

import { Finding } from '@aftertrace/schema';
import { describe, expect, it } from 'vitest';

import { eventRecord, spanRecord } from '../assemble/records.ts';
import { AGENT, lineOf, tool as toolSpan } from '../testing/lines.ts';
import { logsOf, spansOf, type LogInput, type SpanInput } from '../testing/otlp-builder.ts';
import { assembling, readable } from '../testing/assembling.ts';
import { buildTrajectory } from '../trajectory/build-trajectory.ts';
import { createFindingDesk } from './finding-desk.ts';

const FAILED = { success: false, error: 'no such order' };

/** A call of `look` that starts at `from`, lasts 1 ms and came back with this. */
function look(id: string, from: number, args: unknown, result: unknown = FAILED): SpanInput {
  return toolSpan(id, from, {
    'gen_ai.tool.call.arguments': JSON.stringify(args),
    'gen_ai.tool.call.result': JSON.stringify(result),
  });
}

const arrival = { at: 0, bytes: 100, origin: () => ({ settle: () => undefined }) };

/** The loops that are found as these spans and events arrive. */
function loopsIn(records: readonly (SpanInput | LogInput)[]): readonly Finding[] {
  const desk = createFindingDesk();
  return records
    .flatMap((record) => {
      if (!('event' in record)) {
        return spansOf(record).flatMap((span) => desk.fromSpan(spanRecord(span), 0).findings);
      }
      const events = logsOf(record).map((log) => eventRecord(log, arrival));
      return events.flatMap((event) => (event === undefined ? [] : desk.fromEvent(event)));
    })
    .filter(({ kind }) => kind === 'loop')
    .map((finding) => Finding.parse(finding));
}

const RUN = { 'aftertrace.run.id': 'run-1' } as const;

/** The event of a call of `look` that failed, in the context of the span `id`. */
function failedEvent(
  id: string | undefined,
  at: number,
  more: LogInput['attributes'] = {},
): LogInput {
  return {
    event: 'aftertrace.tool.outcome',
    at,
    ...(id === undefined ? {} : { span: id }),
    attributes: {
      ...RUN,
      'gen_ai.agent.name': 'clerk',
      'gen_ai.tool.name': 'look',
      'aftertrace.tool.outcome': 'failed',
      'aftertrace.tool.failure.class': 'not_found',
      'aftertrace.tool.failure.rule': 'json.success_false',
      ...more,
    },
  };
}

/** The span of that call, as the guard of an agent judged it. */
function failedSpan(id: string, from: number, more: LogInput['attributes'] = {}): SpanInput {
  return toolSpan(id, from, { ...failedEvent(id, from).attributes, ...more });
}

const started = (sampled: boolean): LogInput => ({
  event: 'aftertrace.run.started',
  attributes: { ...RUN, 'aftertrace.run.sampled': sampled },
});
const LOOP = { 'aftertrace.loop.kind': 'identical_failures', 'aftertrace.loop.calls': 3 } as const;
const SIX = ['a', 'b', 'c', 'd', 'e', 'f'];

describe('a run that goes in circles', () => {
  it('is a finding at the call that makes it one, whatever the order of the keys', () => {
    const calls = [
      look('a', 10, { order: 7, big: 1 }),
      look('b', 20, { big: 1, order: 7 }),
      look('c', 30, { order: 7, big: 1 }),
      look('d', 40, { order: 7, big: 1 }),
    ];
    expect(loopsIn(calls.slice(0, 2))).toEqual([]);
    const [loop, ...others] = loopsIn(calls);
    expect(others).toEqual([]);
    expect(loop).toMatchObject({
      tool: 'look',
      rule: 'loop.identical_failures',
      severityHint: 'sev3',
      value: 3,
      summary: 'look of shop goes in circles: 3 identical calls in a row that failed alike',
    });
    expect(loop?.evidence[0]?.spanId).toBe(spansOf(calls[2] ?? AGENT)[0]?.spanId);
  });

  it('is the same finding when the telemetry comes again', () => {
    const calls = ['a', 'b', 'c'].map((id, index) => look(id, 10 + 10 * index, { order: 7 }));
    expect(loopsIn(calls)[0]?.id).toBe(loopsIn(calls)[0]?.id);
    expect(loopsIn(calls.map((call) => ({ ...call, trace: 'b'.repeat(32) })))[0]?.id).not.toBe(
      loopsIn(calls)[0]?.id,
    );
  });

  it('counts a span that comes twice as one call', () => {
    const calls = [look('a', 10, {}), look('b', 20, {})];
    expect(loopsIn([...calls, ...calls, ...calls])).toEqual([]);
  });

  it('counts the span of the protocol inside that of the framework as one call', () => {
    const outer = (id: string, from: number): SpanInput => ({
      ...look(id, from, {}),
      to: from + 5,
    });
    const calls = [look('a1', 11, {}), outer('a', 10), look('b1', 21, {}), outer('b', 20)];
    expect(loopsIn(calls)).toEqual([]);
    expect(loopsIn([...calls, outer('c', 30), look('c1', 31, {})])).toHaveLength(1);
  });

  it('counts spans without length, as refused calls have, each for itself', () => {
    const refused = ['a', 'b', 'c'].map((id) => ({
      ...toolSpan(id, 10, {
        'gen_ai.tool.call.arguments': '{}',
        'aftertrace.tool.outcome': 'denied',
      }),
      to: 10,
    }));
    expect(loopsIn(refused)).toMatchObject([{ rule: 'loop.identical_failures', value: 3 }]);
  });

  it('is none for other arguments, other runs, and arguments that are not known', () => {
    expect(
      loopsIn(['a', 'b', 'c'].map((id, index) => look(id, 10 * index, { page: index }))),
    ).toEqual([]);
    const elsewhere = ['a', 'b', 'c'].map((id, index) => ({
      ...look(id, 10 * index, {}),
      trace: String(index + 1).repeat(32),
    }));
    expect(loopsIn(elsewhere)).toEqual([]);
    const bare = ['a', 'b', 'c'].map((id, index) =>
      toolSpan(id, 10 * index, { 'gen_ai.tool.call.result': JSON.stringify(FAILED) }),
    );
    expect(loopsIn(bare)).toEqual([]);
  });

  it('is a failure when it ends so', () => {
    const calls = ['a', 'b', 'c', 'd'].map((id, index) =>
      look(id, 10 + 10 * index, { order: 7 }, { state: 'waiting' }),
    );
    expect(lineOf([AGENT, ...calls]).extra.aftertrace.outcome).toMatchObject({
      outcome: 'failure',
      basis: 'limit_or_loop',
      rule: 'run.loop',
    });
    expect(lineOf([AGENT, ...calls.slice(1)]).extra.aftertrace.outcome.rule).not.toBe('run.loop');
  });
});

describe('calls that are known by their events only', () => {
  it('make a run that gets nowhere a finding', () => {
    const events = SIX.map((id, index) => failedEvent(id, 10 * index));
    expect(loopsIn(events.slice(1))).toEqual([]);
    expect(loopsIn([started(false), ...events])).toMatchObject([
      { rule: 'loop.no_progress', value: 6, run: 'run-1', agent: 'clerk', tool: 'look' },
    ]);
  });

  it('are as many as there are events, also within one millisecond and without spans', () => {
    expect(loopsIn(SIX.map((id) => failedEvent(id, 10)))).toHaveLength(1);
    const anonymous = SIX.map((_id, index) => failedEvent(undefined, index));
    expect(loopsIn(anonymous)).toHaveLength(1);
    expect(loopsIn([...anonymous.slice(1), ...anonymous.slice(1)])).toEqual([]);
  });

  it('are one call with the span that comes all the same, before or after', () => {
    const both = SIX.slice(1).flatMap((id, index) => [
      failedEvent(id, 10 * index + 1),
      failedSpan(id, 10 * index),
    ]);
    expect(loopsIn(both)).toEqual([]);
    expect(loopsIn(both.toReversed())).toEqual([]);
    expect(loopsIn([...both, failedEvent('a', 100)])).toHaveLength(1);
  });

  it('leave the word to the spans of a run that is sampled, which have arguments and results', () => {
    const content = { 'gen_ai.tool.call.arguments': '{}', 'gen_ai.tool.call.result': '{}' };
    const both = ['a', 'b', 'c'].flatMap((id, index) => [
      failedEvent(id, 10 * index + 1),
      failedSpan(id, 10 * index, content),
    ]);
    expect(loopsIn([started(true), ...both])).toMatchObject([{ rule: 'loop.identical_failures' }]);
  });
});

describe('a loop that the guard of an agent saw', () => {
  it.each<[string, (SpanInput | LogInput)[]]>([
    ['its event', [failedEvent('c', 30, LOOP)]],
    ['its span', [failedSpan('c', 30, LOOP)]],
    ['both', [failedEvent('c', 30, LOOP), failedSpan('c', 30, LOOP)]],
    ['an event of a sampled run', [started(true), failedEvent('c', 30, LOOP)]],
  ])('is one finding by %s', (_by, records) => {
    expect(loopsIn(records)).toMatchObject([
      { rule: 'loop.identical_failures', value: 3, tool: 'look', agent: 'clerk' },
    ]);
  });

  it('is a finding although the call went well', () => {
    const call = failedEvent('d', 40, { 'aftertrace.tool.outcome': 'ok', ...LOOP });
    expect(loopsIn([call])).toHaveLength(1);
  });

  it('is not found once more by us, in this way or in another', () => {
    const content = { 'gen_ai.tool.call.arguments': '{}', 'gen_ai.tool.call.result': '{}' };
    const spans = SIX.map((id, index) =>
      failedSpan(id, 10 * index, { ...content, ...(index === 2 ? LOOP : {}) }),
    );
    expect(loopsIn(spans)).toHaveLength(1);
    const events = [...SIX, 'g', 'h'].map((id, index) =>
      failedEvent(id, 10 * index, index === 2 ? LOOP : {}),
    );
    expect(loopsIn([started(false), ...events])).toHaveLength(1);
  });

  it('has the id that ours would have', () => {
    const content = { 'gen_ai.tool.call.arguments': '{}', 'gen_ai.tool.call.result': '{}' };
    const spans = ['a', 'b', 'c'].map((id, index) => failedSpan(id, 10 * index, content));
    const [ours] = loopsIn(spans);
    expect(ours?.id).toBeDefined();
    expect(loopsIn([failedEvent('c', 30, LOOP)])[0]?.id).toBe(ours?.id);
  });

  it('is ours to see where only a newer agent knows its kind', () => {
    const newer = failedSpan('a', 1, { 'aftertrace.loop.kind': 'spiral' });
    const rest = SIX.slice(1).map((id, index) => failedSpan(id, 10 + index * 10));
    expect(loopsIn([newer])).toEqual([]);
    expect(loopsIn([newer, ...rest])).toMatchObject([{ rule: 'loop.no_progress' }]);
  });
});

describe('a run that ends in a loop', () => {
  /** Kinds of all findings of the run, its end included. */
  function kindsOf(spans: readonly SpanInput[]): readonly string[] {
    const desk = createFindingDesk();
    const early: Finding[] = [];
    const { assembler, ...take } = assembling({
      onSpan: (record) => void early.push(...desk.fromSpan(record, 0).findings),
    });
    take.spans(0, ...spans);
    const late = assembler.closeAll(1).flatMap((ready) => {
      const run = buildTrajectory(readable(ready), { content: 'full' });
      return desk.fromRun(run, ready.part.runId);
    });
    return [...early, ...late].map(({ kind }) => kind);
  }

  it('has that loop as its finding, and no failure of the run besides', () => {
    const calls = ['a', 'b', 'c', 'd'].map((id, index) =>
      look(id, 10 + 10 * index, {}, { state: 'waiting' }),
    );
    expect(kindsOf([AGENT, ...calls])).toEqual(['loop']);
  });

  it('is a failure of the run by itself where a limit of the framework ended it', () => {
    const calls = ['a', 'b', 'c', 'd'].map((id, index) =>
      look(id, 10 + 10 * index, {}, { state: 'waiting' }),
    );
    const limit = { 'gen_ai.response.finish_reasons': ['max_turns'] };
    const root = { ...AGENT, attributes: { ...AGENT.attributes, ...limit } };
    expect(kindsOf([root, ...calls])).toEqual(['loop', 'run_failure']);
  });
});

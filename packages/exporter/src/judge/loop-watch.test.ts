import { Finding } from '@aftertrace/schema';
import { describe, expect, it } from 'vitest';

import { spanRecord } from '../assemble/records.ts';
import { AGENT, lineOf, tool as toolSpan } from '../testing/lines.ts';
import { spansOf, type SpanInput } from '../testing/otlp-builder.ts';
import { createFindingDesk } from './finding-desk.ts';

const FAILED = { success: false, error: 'no such order' };

/** A call of `look` that starts at `from`, lasts 1 ms and came back with this. */
function look(id: string, from: number, args: unknown, result: unknown = FAILED): SpanInput {
  return toolSpan(id, from, {
    'gen_ai.tool.call.arguments': JSON.stringify(args),
    'gen_ai.tool.call.result': JSON.stringify(result),
  });
}

/** The loops that are found as these spans arrive. */
function loopsIn(spans: readonly SpanInput[]): readonly Finding[] {
  const desk = createFindingDesk();
  const arrival = { at: 0, bytes: 100, origin: () => ({ settle: () => undefined }) };
  return spansOf(...spans)
    .flatMap((span) => desk.fromSpan(spanRecord(span, arrival)))
    .filter(({ kind }) => kind === 'loop')
    .map((finding) => Finding.parse(finding));
}

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

import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { createCounter, createHistogram, type Metric } from './metric.ts';
import { prometheusText } from './prometheus-text.ts';

describe('counters', () => {
  test('tell series apart by their attributes, in whatever order these are given', () => {
    const counter = createCounter();
    counter.add({ a: '1', b: '2' });
    counter.add({ b: '2', a: '1' }, 4);
    counter.add({ a: '1' });
    expect(counter.points()).toEqual([
      { attributes: { a: '1', b: '2' }, value: 5 },
      { attributes: { a: '1' }, value: 1 },
    ]);
  });

  test('never hold more series than their bound and one; what is beyond it is counted together', () => {
    const counter = createCounter(2);
    for (let index = 0; index < 100; index += 1) counter.add({ tool: `t${index}` });
    counter.add({ tool: 't1' });
    expect(counter.points()).toEqual([
      { attributes: { tool: 't0' }, value: 1 },
      { attributes: { tool: 't1' }, value: 2 },
      { attributes: { 'otel.metric.overflow': 'true' }, value: 98 },
    ]);
  });
});

test('names of strangers do not make labels of any length', () => {
  const counter = createCounter();
  counter.add({ tool: `${'x'.repeat(127)}\u{1F600}${'y'.repeat(1e6)}` });
  expect(counter.points()).toEqual([
    { attributes: { tool: `${'x'.repeat(127)}\ufffd` }, value: 1 },
  ]);
});

test('a histogram counts each value in exactly one bucket, bounds inclusive', () => {
  const histogram = createHistogram([1, 2]);
  for (const value of [0.5, 1, 1.5, 2, 99]) histogram.record(value);
  expect(histogram.points()).toEqual([
    { attributes: {}, bounds: [1, 2], bucketCounts: [2, 2, 1], count: 5, sum: 104 },
  ]);
});

/** Reads the text format as its description says; an implementation of its own. */
function readSamples(text: string): readonly [string, Record<string, string>, string][] {
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const name = /^[a-zA-Z_:][a-zA-Z0-9_:]*/.exec(line)?.[0] ?? '';
      let rest = line.slice(name.length);
      const labels: Record<string, string> = {};
      if (rest.startsWith('{')) {
        rest = rest.slice(1);
        for (;;) {
          const label = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"(,|\})/.exec(rest);
          if (label === null) throw new Error(`not a label: ${rest}`);
          const [whole, key = '', value = '', end] = label;
          labels[key] = value.replaceAll(/\\(.)/g, (_match, char: string) =>
            char === 'n' ? '\n' : char,
          );
          rest = rest.slice(whole.length);
          if (end === '}') break;
        }
      }
      return [name, labels, rest.trim()];
    });
}

describe('the text for Prometheus', () => {
  const calls = (points: Metric['points']): Metric =>
    ({ name: 'a.calls', description: 'Calls.', unit: '{call}', kind: 'counter', points }) as Metric;

  test('has names, types and units as Prometheus wants them', () => {
    const histogram = createHistogram([0.1]);
    histogram.record(0.05, { result: 'ok' });
    histogram.record(5, { result: 'ok' });
    const text = prometheusText([
      calls([{ attributes: { 'gen_ai.tool.name': 'x' }, value: 3 }]),
      {
        name: 'a.size',
        description: 'A\\B\nC',
        unit: 'By',
        kind: 'gauge',
        points: [{ attributes: {}, value: 1.5 }],
      },
      {
        name: 'a.time',
        description: 'T',
        unit: 's',
        kind: 'histogram',
        points: histogram.points(),
      },
      { name: 'a.nothing', description: 'N', unit: '1', kind: 'gauge', points: [] },
    ]);
    expect(text).toBe(`# HELP a_calls_total Calls.
# TYPE a_calls_total counter
a_calls_total{gen_ai_tool_name="x"} 3
# HELP a_size_bytes A\\\\B\\nC
# TYPE a_size_bytes gauge
a_size_bytes 1.5
# HELP a_time_seconds T
# TYPE a_time_seconds histogram
a_time_seconds_bucket{result="ok",le="0.1"} 1
a_time_seconds_bucket{result="ok",le="+Inf"} 2
a_time_seconds_sum{result="ok"} 5.05
a_time_seconds_count{result="ok"} 2
`);
  });

  test('gives every label value back, whatever a stranger has named a tool', () => {
    const nasty = fc.string({
      unit: fc.constantFrom('"', '\\', '\n', '{', '}', ',', '=', 'n', 'é', '\u2028', '#', ' '),
    });
    fc.assert(
      fc.property(nasty, fc.nat(), (tool, value) => {
        const text = prometheusText([calls([{ attributes: { tool }, value }])]);
        expect(readSamples(text)).toEqual([['a_calls_total', { tool }, String(value)]]);
      }),
    );
  });
});

import { expect, test } from 'vitest';

import { createLosses } from './losses.ts';

function losses(counts: Record<string, number>) {
  const lines: string[] = [];
  const sources = Object.keys(counts).map((name) => ({
    name,
    undelivered: () => counts[name] ?? 0,
  }));
  const write = (line: string): void => void lines.push(line);
  return { counts, lines, losses: createLosses({ sources, receiver: 'http://r:1', write }) };
}

test('where everything was delivered nothing is said', () => {
  const { lines, losses: made } = losses({ spans: 0, events: 0 });
  made.ended();
  expect(lines).toEqual([]);
});

test('the first loss is told while the process runs, and the whole at its end, once each', () => {
  const { lines, losses: made, counts } = losses({ spans: 3, events: 0 });
  made.dropped();
  made.dropped();
  counts['events'] = 2;
  made.ended();
  made.ended();
  expect(lines).toEqual([
    'aftertrace: telemetry is being lost, 3 spans by now: http://r:1 does not take it',
    'aftertrace: 3 spans and 2 events were not delivered to http://r:1 and are lost',
  ]);
});

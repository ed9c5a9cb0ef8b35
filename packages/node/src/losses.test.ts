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
  const { lines, losses: made } = losses({ span: 0, event: 0 });
  made.ended();
  expect(lines).toEqual([]);
});

test('the first loss is told while the process runs, and the whole at its end, once each', () => {
  const { lines, losses: made, counts } = losses({ span: 3, event: 0 });
  made.dropped();
  made.dropped();
  counts['event'] = 1;
  made.ended();
  made.ended();
  expect(lines).toEqual([
    'aftertrace: telemetry is being lost, as http://r:1 does not take it: 3 spans by now',
    'aftertrace: lost at the end, as http://r:1 did not take it: 3 spans and 1 event',
  ]);
});

import { expect, test } from 'vitest';

import { judgedRow, renderRows } from './row.ts';

test.each([
  [{ atMost: 2 }, 2, '<= 2', true],
  [{ atMost: 2 }, 2.1, '<= 2', false],
  [{ atLeast: 2 }, 2, '>= 2', true],
  [{ atLeast: 2 }, 1.9, '>= 2', false],
] as const)('the bar %j is held against %d', (bar, value, text, holds) => {
  expect(judgedRow({ metric: 'm', value, unit: 's', bar })).toEqual({
    metric: 'm',
    value,
    unit: 's',
    bar: text,
    holds,
  });
});

test('a figure without a bar holds nothing, and rows line up', () => {
  const rows = [
    judgedRow({ metric: 'long name', value: 1234567.8, unit: 'calls/s' }),
    judgedRow({ metric: 'm', value: 2.5, unit: 'µs', bar: { atMost: 2 } }),
  ];
  expect(rows[0]).toMatchObject({ bar: null, holds: null });
  expect(renderRows(rows)).toBe(
    [
      'METRIC         VALUE  UNIT     BAR   HOLDS',
      'long name  1,234,568  calls/s',
      'm               2.50  µs       <= 2  NO',
    ].join('\n'),
  );
});

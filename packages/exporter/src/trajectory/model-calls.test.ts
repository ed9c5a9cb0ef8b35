import { expect, it } from 'vitest';

import { AGENT, chat, lineOf } from '../testing/lines.ts';
import { spanId } from '../testing/otlp-builder.ts';

it('finds the call that a span tells of once more behind any number of calls that ended before it', () => {
  const outer = { ...chat('outer', 1), to: 900 };
  const between = Array.from({ length: 40 }, (_, index) => chat(`m${index}`, 2 + index * 2));
  const inner = { ...chat('inner', 500), parent: 'outer' };
  const { steps } = lineOf([{ ...AGENT, to: 1000 }, outer, ...between, inner]);
  expect(steps).toHaveLength(41);
  expect(steps[0]?.extra).toMatchObject({
    aftertrace: { spanId: spanId('outer'), alsoSpanIds: [spanId('inner')] },
  });
});

it('takes a call that ends behind the one around it for another one', () => {
  const outer = { ...chat('outer', 1), to: 10 };
  const inner = { ...chat('inner', 5), parent: 'outer', to: 11 };
  expect(lineOf([AGENT, outer, inner]).steps).toHaveLength(2);
});

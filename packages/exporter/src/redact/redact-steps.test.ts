import type { AtifStep } from '@aftertrace/schema';
import { expect, it } from 'vitest';

import { atOnce } from '../in-steps.ts';
import { contentFilter, filterSteps } from './redact-steps.ts';
import { createRedactor } from './redactor.ts';

const step = (answer: string): AtifStep => ({
  step_id: 1,
  source: 'agent',
  message: 'Looking it up.',
  reasoning_content: 'The order is known.',
  tool_calls: [
    {
      tool_call_id: 'c1',
      function_name: 'look_up',
      arguments: { order: '7' },
      extra: { aftertrace: { spanId: 's1', proposedArguments: { order: '8' } } },
    },
  ],
  observation: { results: [{ source_call_id: 'c1', content: answer }] },
  extra: { aftertrace: { spanId: 's0' } },
});

it('gives the very step in which nothing is removed', () => {
  const plain = step('shipped');
  for (const mode of ['full', 'redacted'] as const)
    expect(atOnce(filterSteps([plain], contentFilter(mode, createRedactor())))[0]).toBe(plain);
});

it('copies the way to what is removed, its members in their order, and nothing else', () => {
  const telling = step('ask ann@example.com');
  const [clean] = atOnce(filterSteps([telling], contentFilter('redacted', createRedactor())));
  expect(JSON.stringify(clean)).toBe(
    JSON.stringify(telling).replace('ann@example.com', '[REDACTED:email]'),
  );
  expect(clean?.tool_calls).toBe(telling.tool_calls);
});

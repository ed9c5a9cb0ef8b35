import { expect, test } from 'vitest';

import { companionSender, createEmitter, type Emitter } from './create-emitter.ts';

const KEPT = 50_000;

function countOf(emitter: Emitter, name: string): number {
  const metric = emitter.metrics().find((one) => one.name === `aftertrace.companion.${name}`);
  const values = metric?.kind === 'counter' ? metric.points.map(({ value }) => value) : [];
  return values.reduce((sum, value) => sum + value, 0);
}

test('a run that ended is counted once, however many calls are judged before it is told again', () => {
  const emitter = createEmitter({
    sender: companionSender({ version: '1', instance: 'i' }),
    now: () => 5,
  });
  const run = { trajectoryId: 't', agent: 'support', outcome: 'failure' } as const;
  const call = (key: string): void =>
    emitter.add({
      kind: 'tool_call',
      timeUnixNano: '1',
      traceId: undefined,
      spanId: undefined,
      agent: 'support',
      conversationId: undefined,
      key,
      tool: 'refund',
      toolCallId: undefined,
      errorType: undefined,
      outcome: { outcome: 'ok', certainty: 'certain', channel: 'result', rule: 'none' },
    });
  emitter.decided(run);
  for (let index = 0; index <= KEPT; index += 1) call(`call ${index}`);
  emitter.decided(run);
  expect(countOf(emitter, 'runs.ended')).toBe(1);
  // The oldest of them is forgotten, the newest is not.
  call('call 0');
  call(`call ${KEPT}`);
  expect(countOf(emitter, 'tool.calls')).toBe(KEPT + 2);
});

import { expect, it } from 'vitest';

import { assembling, readable } from '../testing/assembling.ts';
import { AGENT, chat, tool } from '../testing/lines.ts';
import type { SpanInput } from '../testing/otlp-builder.ts';
import { buildTrajectory, trajectoryInSteps, type ReadableRun } from './build-trajectory.ts';

const CALLS = 60;

/** Model calls that repeat their whole history, each with a secret and a tool call behind it. */
function runOf(who: string): ReadableRun {
  const messages: unknown[] = [];
  const spans: SpanInput[] = [AGENT];
  for (let call = 0; call < CALLS; call += 1) {
    messages.push({ role: 'user', content: `${who} asks ${call}, mail ${who}${call}@example.com` });
    spans.push(
      chat(`m${call}`, 1 + call * 2, {
        'gen_ai.input.messages': JSON.stringify(messages),
        'gen_ai.output.messages': JSON.stringify([
          { role: 'assistant', content: `${who} ${call}` },
        ]),
      }),
      tool(`t${call}`, 2 + call * 2, { 'gen_ai.tool.call.result': `${who}${call}@example.com` }),
    );
    messages.push({ role: 'assistant', content: `${who} ${call}` });
  }
  const desk = assembling();
  desk.spans(0, ...spans);
  const [ready] = desk.assembler.closeAll(1);
  if (ready === undefined) throw new Error('no run was told');
  return readable(ready);
}

it('puts a run together in many steps, between which others may be put together', () => {
  const options = { content: 'redacted' } as const;
  const expected = [runOf('ana'), runOf('ben')].map((run) => buildTrajectory(run, options));
  const works = [runOf('ana'), runOf('ben')].map((run) => trajectoryInSteps(run, options));
  const results: unknown[] = [];
  let steps = 0;
  // In turn, a step each.
  while (results.length < works.length) {
    for (const [index, work] of works.entries()) {
      if (results[index] !== undefined) continue;
      const step = work.next();
      if (step.done === true) results[index] = step.value;
      else steps += 1;
    }
  }
  expect(results).toEqual(expected);
  expect(JSON.stringify(results)).toBe(JSON.stringify(expected));
  // A model call is found and read, a tool call read and assigned; what each says is written and redacted.
  expect(steps).toBeGreaterThan(2 * 7 * CALLS);
});

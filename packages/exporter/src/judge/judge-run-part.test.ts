import { judgeRun } from '@aftertrace/detection';
import type { RunOutcome, ToolOutcome } from '@aftertrace/schema';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { assembling, readable } from '../testing/assembling.ts';
import type { JudgedCall } from '../trajectory/render-steps.ts';
import { contentDigest } from './content-digest.ts';
import { judgeRunPart } from './judge-run-part.ts';
import { AGENT, chat, lineOf, tool } from '../testing/lines.ts';
import type { SpanInput } from '../testing/otlp-builder.ts';

function called(id: string, from: number, name: string, result: unknown): SpanInput {
  return tool(id, from, {
    'gen_ai.tool.name': name,
    'gen_ai.tool.call.arguments': '{}',
    'gen_ai.tool.call.result': JSON.stringify(result),
  });
}

function answered(from: number, content: string): SpanInput {
  const message = { role: 'assistant', parts: [{ type: 'text', content }] };
  return chat('answer', from, {
    'gen_ai.output.messages': JSON.stringify([message]),
    'gen_ai.response.finish_reasons': ['stop'],
  });
}

function outcomeOf(...spans: readonly SpanInput[]): RunOutcome {
  return lineOf([AGENT, ...spans]).extra.aftertrace.outcome;
}

const WRITE_FAILED = called('w', 10, 'write_file', { success: false, error: 'disk full' });
const READ = called('r', 20, 'read_file', { text: 'a page of words' });

test('an answer that claims what a failed write belies fails the run', () => {
  expect(outcomeOf(WRITE_FAILED, READ, answered(30, 'The file has been written.'))).toMatchObject({
    outcome: 'failure',
    certainty: 'likely',
    rule: 'run.false_claim',
  });
});

test('an answer that admits it does not change that the write failed', () => {
  expect(outcomeOf(WRITE_FAILED, READ, answered(30, 'I could not write the file.'))).toMatchObject({
    outcome: 'failure',
    rule: 'run.tool_failure',
  });
});

test('a read that failed and was left behind does not decide', () => {
  const failed = called('f', 10, 'read_file', { success: false, error: 'no such file' });
  const written = called('w', 20, 'write_file', { success: true });
  expect(outcomeOf(failed, written, answered(30, 'The file has been written.'))).toMatchObject({
    outcome: 'success',
    rule: 'run.finish_reason',
  });
});

test('a run of which its agent says that it ended in a loop is a failure, without any content', () => {
  const looping = { ...AGENT, attributes: { ...AGENT.attributes, 'aftertrace.run.limit': 'loop' } };
  const calls = ['a', 'b', 'c', 'd'].map((id, index) =>
    tool(id, 10 * index, { 'gen_ai.tool.name': 'look', 'aftertrace.tool.outcome': 'ok' }),
  );
  expect(lineOf([looping, ...calls]).extra.aftertrace.outcome).toMatchObject({
    outcome: 'failure',
    basis: 'limit_or_loop',
    rule: 'run.limit',
  });
  expect(lineOf([AGENT, ...calls]).extra.aftertrace.outcome.rule).not.toBe('run.limit');
});

const outcome = fc.constantFrom<ToolOutcome>(
  ...(['ok', 'ok', 'ok', 'empty', 'failed', 'denied'] as const).map((word) => ({
    outcome: word,
    certainty: 'certain' as const,
    rule: 'x',
  })),
);
const judgedCall = fc
  .record({
    tool: fc.constantFrom('look', 'send'),
    outcome,
    arguments: fc.constantFrom<unknown>({ a: 1 }, { a: 2 }, undefined),
    result: fc.constantFrom<unknown>('one', 'two', 'three', { n: 1 }, '{"n":1}', undefined),
  })
  .map((call): JudgedCall => ({
    ...call,
    step: 1,
    callId: 'c',
    spanId: undefined,
    isPieced: false,
    timeUnixNano: '0',
  }));

/** The same once or several times in a row: by chance alone few runs would go in circles. */
const oftenMade = fc
  .tuple(judgedCall, fc.integer({ min: 1, max: 6 }))
  .map(([call, times]) => Array.from({ length: times }, () => call));

test('a run goes in circles or not as it does where every call is compared', () => {
  const desk = assembling();
  desk.spans(0, AGENT);
  const [ready] = desk.assembler.closeAll(1);
  if (ready === undefined) throw new Error('there is no run');
  const { part } = readable(ready);
  let loops = 0;
  fc.assert(
    fc.property(fc.array(oftenMade, { maxLength: 4 }), (made) => {
      const calls = made.flat();
      const toolCalls = calls.map(({ arguments: args, result, ...call }) => ({
        ...call,
        argumentsDigest: contentDigest(args),
        resultDigest: contentDigest(result),
      }));
      const told = judgeRunPart(part, { calls, overrides: [] });
      const compared = judgeRun({ toolCalls, rootEnded: true });
      if (compared.rule === 'run.loop') loops += 1;
      expect(told.rule).toBe(compared.rule);
    }),
    { numRuns: 2000 },
  );
  expect(loops).toBeGreaterThan(0);
});

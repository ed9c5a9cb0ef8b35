import { RunOutcome, type ToolOutcome } from '@aftertrace/schema';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  createRunJudge,
  judgeRun,
  runRuleInfos,
  type RunFacts,
  type RunToolCall,
} from '../index.ts';
import { callsOf } from '../testing/run.examples.ts';

const OK: ToolOutcome = { outcome: 'ok', certainty: 'likely', rule: 'content.value' };
const FAILED: ToolOutcome = { outcome: 'failed', certainty: 'certain', rule: 'json.success_false' };
const DENIED: ToolOutcome = { outcome: 'denied', certainty: 'certain', rule: 'beside.status' };

function call(tool: string, outcome: ToolOutcome, step: number): RunToolCall {
  return { tool, outcome, step };
}

function run(facts: Partial<RunFacts>): RunFacts {
  return { toolCalls: [], finishReasons: ['stop'], rootEnded: true, ...facts };
}

const TABLE: readonly (readonly [string, RunFacts, Partial<RunOutcome>])[] = [
  [
    'all went well',
    run({ toolCalls: [call('a', OK, 2)] }),
    { outcome: 'success', basis: 'finish_reason', certainty: 'likely', rule: 'run.finish_reason' },
  ],
  [
    'the application said so',
    run({ explicit: { outcome: 'failure', reason: 'wrong refund' } }),
    { outcome: 'failure', basis: 'explicit', certainty: 'certain', reason: 'wrong refund' },
  ],
  [
    'one evaluation failed',
    run({
      evaluations: [
        { name: 'a', label: 'pass' },
        { name: 'b', label: 'Fail' },
      ],
    }),
    { outcome: 'failure', basis: 'evaluation' },
  ],
  [
    'every evaluation passed',
    run({ evaluations: [{ name: 'a', label: 'correct' }], toolCalls: [call('a', FAILED, 2)] }),
    { outcome: 'success', basis: 'evaluation', firstFailingStep: 2, lastGoodStep: 1 },
  ],
  [
    'a label that nobody knows',
    run({ evaluations: [{ name: 'a', label: 'purple' }, { name: 'b' }] }),
    { basis: 'finish_reason' },
  ],
  [
    'the root failed',
    run({ rootError: { type: 'TypeError' } }),
    { outcome: 'failure', basis: 'root_error', certainty: 'certain' },
  ],
  [
    'the root was aborted',
    run({ rootError: { type: 'AbortError' } }),
    { outcome: 'terminated', basis: 'root_error' },
  ],
  [
    'a containment stopped it',
    run({ terminated: { by: 'containment', id: 'c1' }, rootEnded: false }),
    { outcome: 'terminated', basis: 'terminated' },
  ],
  [
    'a limit was reached',
    run({ limit: { kind: 'steps' } }),
    { outcome: 'failure', basis: 'limit_or_loop', reason: 'the limit of steps was reached' },
  ],
  [
    'it went in circles',
    run({ limit: { kind: 'loop' } }),
    { outcome: 'failure', basis: 'limit_or_loop' },
  ],
  [
    'its end was never seen',
    run({ rootEnded: false, toolCalls: [call('a', FAILED, 2)] }),
    { outcome: 'incomplete', basis: 'process_gone', firstFailingStep: 2 },
  ],
  [
    'it ended on a failure',
    run({ toolCalls: [call('a', OK, 2), call('b', FAILED, 4)] }),
    {
      outcome: 'failure',
      basis: 'unrecovered_tool_failure',
      certainty: 'likely',
      firstFailingStep: 4,
      lastGoodStep: 3,
    },
  ],
  [
    'a retry went well',
    run({ toolCalls: [call('a', FAILED, 2), call('a', OK, 3)] }),
    { outcome: 'success', firstFailingStep: 2, lastGoodStep: 1 },
  ],
  [
    'a retry in the same step went well',
    run({ toolCalls: [call('a', FAILED, 2), call('a', OK, 2)] }),
    { outcome: 'success' },
  ],
  [
    'a retry failed as well',
    run({ toolCalls: [call('a', FAILED, 2), call('a', FAILED, 3)] }),
    { outcome: 'failure', firstFailingStep: 2 },
  ],
  [
    'a parallel call of the last step failed',
    run({ toolCalls: [call('b', FAILED, 2), call('a', OK, 2)] }),
    { outcome: 'failure', basis: 'unrecovered_tool_failure' },
  ],
  [
    'another tool did it',
    run({ toolCalls: [call('a', FAILED, 2), call('b', OK, 3)] }),
    { outcome: 'success', firstFailingStep: 2 },
  ],
  [
    'a write was never made good',
    run({ toolCalls: [{ ...call('refund', FAILED, 2), writes: true }, call('b', OK, 3)] }),
    { outcome: 'failure', reason: 'a call that writes failed and was not made good' },
  ],
  [
    'a denied call is no failure',
    run({ toolCalls: [call('a', DENIED, 2)] }),
    { outcome: 'success' },
  ],
  [
    'the answer was cut off',
    run({ finishReasons: ['tool_calls', 'max_tokens'] }),
    { outcome: 'failure', basis: 'finish_reason' },
  ],
  ['spelt with a hyphen', run({ finishReasons: ['content-filter'] }), { outcome: 'failure' }],
  [
    'it ended on tool calls',
    run({ finishReasons: ['stop', 'tool-calls'] }),
    { outcome: 'unknown', basis: 'none', rule: 'run.nothing_known' },
  ],
  ['nothing is known', run({ finishReasons: [] }), { outcome: 'unknown', basis: 'none' }],
];

describe('judgeRun', () => {
  it.each(TABLE)('%s', (_what, facts, outcome) => {
    const judged = judgeRun(facts);
    expect(judged).toMatchObject(outcome);
    expect(RunOutcome.parse(judged)).toEqual(judged);
  });

  it('has no last good step where the first step failed', () => {
    expect(judgeRun(run({ toolCalls: [call('a', FAILED, 1)] }))).not.toHaveProperty('lastGoodStep');
  });

  it('asks the bases in the order of the contract', () => {
    const everything: RunFacts = {
      explicit: { outcome: 'success' },
      evaluations: [{ name: 'a', label: 'fail' }],
      rootError: {},
      terminated: { by: 'person' },
      limit: { kind: 'time' },
      toolCalls: [call('a', FAILED, 2)],
      finishReasons: ['stop'],
      rootEnded: true,
    };
    const order = [
      'explicit',
      'evaluations',
      'rootError',
      'terminated',
      'limit',
      'toolCalls',
      'finishReasons',
    ] as const;
    const facts: Record<string, unknown> = { ...everything };
    const bases = order.map((name) => {
      const { basis } = judgeRun(facts as unknown as RunFacts);
      facts[name] = name === 'toolCalls' ? [] : undefined;
      return basis;
    });
    expect(bases).toEqual([
      'explicit',
      'evaluation',
      'root_error',
      'terminated',
      'limit_or_loop',
      'unrecovered_tool_failure',
      'finish_reason',
    ]);
  });

  it('lists its rules with unique ids, which are the ones it answers with', () => {
    const ids = runRuleInfos.map((rule) => rule.id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toContain(judgeRun(run({})).rule);
  });

  it('gives an outcome of the schema for any facts', () => {
    const outcome = fc.constantFrom(OK, FAILED, DENIED);
    const calls = fc.array(
      fc.record({
        tool: fc.constantFrom('a', 'b'),
        outcome,
        step: fc.integer({ min: 1, max: 9 }),
        writes: fc.boolean(),
      }),
    );
    fc.assert(
      fc.property(
        calls,
        fc.array(fc.string()),
        fc.boolean(),
        (toolCalls, finishReasons, rootEnded) => {
          const judged = judgeRun({ toolCalls, finishReasons, rootEnded });
          expect(RunOutcome.parse(judged)).toEqual(judged);
          const failing = toolCalls
            .filter((c) => c.outcome.outcome === 'failed')
            .map((c) => c.step);
          expect(judged.firstFailingStep).toBe(
            failing.length === 0 ? undefined : Math.min(...failing),
          );
        },
      ),
    );
  });
});

describe('a run that is judged while it goes on', () => {
  it('is incomplete until its end is seen, and then as the whole of it', () => {
    const judge = createRunJudge();
    for (const call of callsOf('a(1) ok r', 'b(1) failed')) judge.add({ type: 'tool_call', call });
    expect(judge.outcome()).toMatchObject({ outcome: 'incomplete', firstFailingStep: 3 });
    judge.add({ type: 'ended' });
    expect(judge.outcome()).toMatchObject({ outcome: 'failure', rule: 'run.tool_failure' });
    judge.add({ type: 'tool_call', call: { ...call('b', OK, 4) } });
    judge.add({ type: 'finish_reason', reason: 'stop' });
    expect(judge.outcome()).toMatchObject({ outcome: 'success', rule: 'run.finish_reason' });
    expect(judge.failures()).toEqual({ failed: 1, recovered: 1, unrecovered: 0 });
  });

  it('tells of a loop at the call that makes it one, before the run has ended', () => {
    const judge = createRunJudge({ loops: { identicalFailures: 2 } });
    const [first, second] = callsOf('a(1) failed', 'a(1) failed');
    expect(first && judge.add({ type: 'tool_call', call: first })).toBeUndefined();
    expect(second && judge.add({ type: 'tool_call', call: second })).toMatchObject({ calls: 2 });
    expect(judge.loop()).toMatchObject({ kind: 'identical_failures', tools: ['a'] });
  });

  it('keeps an evaluation that failed, whatever passes afterwards', () => {
    const judge = createRunJudge();
    for (const label of ['pass', 'fail', 'pass', 'purple']) {
      judge.add({ type: 'evaluation', evaluation: { name: 'a', label } });
    }
    expect(judge.outcome()).toMatchObject({ outcome: 'failure', basis: 'evaluation' });
  });

  it('says what every rule would have said, the deciding one first', () => {
    const judge = createRunJudge();
    judge.add({ type: 'explicit', explicit: { outcome: 'success' } });
    for (const call of callsOf('a(1) failed')) judge.add({ type: 'tool_call', call });
    judge.add({ type: 'finish_reason', reason: 'stop' });
    judge.add({ type: 'ended' });
    expect(judge.verdicts().map(({ rule, outcome, weight }) => [rule, outcome, weight])).toEqual([
      ['run.explicit', 'success', 100],
      ['run.tool_failure', 'failure', 30],
      ['run.finish_reason', 'success', 20],
    ]);
    expect(judge.outcome().rule).toBe('run.explicit');
  });
});

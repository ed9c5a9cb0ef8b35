import type { RunOutcome, ToolOutcome } from '@aftertrace/schema';

import type { RunFacts, RunToolCall } from '../run/run-facts.ts';

/** What a rule about runs says of which facts. The documentation of outcomes is made from these, and the tests run them. */
export interface RunRuleExamples {
  /** What the facts show, the facts, and the parts of the outcome that matter besides the rule. */
  readonly hits: readonly (readonly [
    what: string,
    facts: RunFacts,
    outcome: Partial<RunOutcome>,
  ])[];
  /** Facts that look alike and that the rule must leave alone. */
  readonly misses: readonly (readonly [what: string, facts: RunFacts])[];
}

const OUTCOMES = {
  ok: { outcome: 'ok', certainty: 'likely', rule: 'content.value' },
  empty: { outcome: 'empty', certainty: 'likely', rule: 'content.empty' },
  failed: {
    outcome: 'failed',
    certainty: 'certain',
    class: 'not_found',
    rule: 'json.success_false',
  },
  denied: { outcome: 'denied', certainty: 'certain', rule: 'beside.status' },
} as const satisfies Readonly<Record<string, ToolOutcome>>;

/** A call in words: `lookup(a) failed`, `refund!(b) ok r1` (`!`: it writes; `r1`: the digest of its result). */
type CallText = `${string}(${string}) ${keyof typeof OUTCOMES}${string}`;

const CALL = /^(?<tool>\w+)(?<writes>!?)\((?<args>\w*)\) (?<outcome>\w+) ?(?<result>\w*)$/;

/** Calls in words, one a step from step 2 on; those joined by `&` are made in one step. */
export function callsOf(...steps: readonly CallText[]): readonly RunToolCall[] {
  return steps.flatMap((step, index) =>
    step.split(' & ').map((text) => {
      const { tool = '', writes, args = '', outcome = '', result } = CALL.exec(text)?.groups ?? {};
      if (!Object.hasOwn(OUTCOMES, outcome)) throw new Error(`not a call: ${text}`);
      return {
        tool,
        step: index + 2,
        outcome: OUTCOMES[outcome as keyof typeof OUTCOMES],
        ...(args === '' ? {} : { argumentsDigest: args }),
        ...(result === '' ? {} : { resultDigest: result }),
        ...(writes === '!' ? { writes: true } : {}),
      };
    }),
  );
}

/** A run that ended as most do. */
export function endedRun(facts: Partial<RunFacts> = {}): RunFacts {
  return { toolCalls: [], finishReasons: ['stop'], rootEnded: true, ...facts };
}

const ran = (...steps: readonly CallText[]): RunFacts => endedRun({ toolCalls: callsOf(...steps) });
const REFUND_FAILED = callsOf('refund!(a) failed', 'notify(a) ok r');

/** Examples by rule id; every rule about runs has some. */
export const runExamples: Readonly<Record<string, RunRuleExamples>> = {
  'run.explicit': {
    hits: [
      [
        'the application knows better',
        endedRun({ explicit: { outcome: 'failure', reason: 'wrong refund' } }),
        { outcome: 'failure', basis: 'explicit', certainty: 'certain', reason: 'wrong refund' },
      ],
      [
        'a success in spite of an error',
        endedRun({ explicit: { outcome: 'success' }, rootError: { type: 'TypeError' } }),
        { outcome: 'success', basis: 'explicit' },
      ],
    ],
    misses: [['nobody said anything', endedRun()]],
  },
  'run.evaluation': {
    hits: [
      [
        'one failed',
        endedRun({
          evaluations: [
            { name: 'a', label: 'pass' },
            { name: 'b', label: 'Fail' },
          ],
        }),
        { outcome: 'failure', basis: 'evaluation', certainty: 'certain' },
      ],
      [
        'all passed, in spite of a failed call',
        endedRun({
          evaluations: [{ name: 'a', label: 'correct' }],
          toolCalls: callsOf('a(x) failed'),
        }),
        { outcome: 'success', basis: 'evaluation', firstFailingStep: 2, lastGoodStep: 1 },
      ],
    ],
    misses: [
      ['labels that nobody knows', endedRun({ evaluations: [{ name: 'a', label: 'purple' }] })],
      ['a score without a label', endedRun({ evaluations: [{ name: 'a' }] })],
    ],
  },
  'run.root_error': {
    hits: [
      [
        'it threw',
        endedRun({ rootError: { type: 'TypeError' } }),
        { outcome: 'failure', basis: 'root_error' },
      ],
      [
        'it was aborted',
        endedRun({ rootError: { type: 'AbortError' } }),
        { outcome: 'terminated' },
      ],
    ],
    misses: [['a failed call is not the error of the run', ran('a(x) failed')]],
  },
  'run.terminated': {
    hits: [
      [
        'a containment, whose process went away with it',
        { ...endedRun({ terminated: { by: 'containment', id: 'c1' } }), rootEnded: false },
        { outcome: 'terminated', basis: 'terminated', reason: 'stopped by a containment' },
      ],
    ],
    misses: [['a refused call stops no run', ran('a(x) denied')]],
  },
  'run.limit': {
    hits: [
      [
        'no more steps',
        endedRun({ limit: { kind: 'steps' } }),
        { outcome: 'failure', basis: 'limit_or_loop', certainty: 'certain' },
      ],
      [
        'a guard saw a loop',
        endedRun({ limit: { kind: 'loop' } }),
        { certainty: 'likely', reason: 'the run went in circles' },
      ],
    ],
    misses: [['many steps, and no limit', ran('a(x) ok r', 'b(x) ok r', 'c(x) ok r', 'd(x) ok r')]],
  },
  'run.finish_limit': {
    hits: [
      [
        'the framework says so',
        endedRun({ finishReasons: ['tool_use', 'error_max_turns'] }),
        { outcome: 'failure', basis: 'limit_or_loop', certainty: 'certain' },
      ],
    ],
    misses: [
      ['an answer that was cut off', endedRun({ finishReasons: ['max_tokens'] })],
      ['a limit before the end', endedRun({ finishReasons: ['max_turns', 'stop'] })],
    ],
  },
  'run.process_gone': {
    hits: [
      [
        'its end was never seen',
        { ...ran('a(x) failed'), rootEnded: false },
        { outcome: 'incomplete', basis: 'process_gone', firstFailingStep: 2 },
      ],
    ],
    misses: [['it ended without a word', endedRun({ finishReasons: [] })]],
  },
  'run.loop': {
    hits: [
      [
        'three identical calls that failed alike',
        ran('find(a) failed', 'find(a) failed', 'find(a) failed'),
        { outcome: 'failure', basis: 'limit_or_loop', certainty: 'likely' },
      ],
      [
        'three times refused',
        ran('pay(a) denied', 'pay(a) denied', 'pay(a) denied'),
        { outcome: 'failure', basis: 'limit_or_loop' },
      ],
      [
        'four identical calls with one result',
        ran('status(a) ok r', 'status(a) ok r', 'status(a) ok r', 'status(a) ok r'),
        { reason: 'it ended after 4 identical calls with one result' },
      ],
      [
        'three rounds of two calls',
        ran(
          'up(a) ok r',
          'down(a) ok s',
          'up(a) ok r',
          'down(a) ok s',
          'up(a) ok r',
          'down(a) ok s',
        ),
        { reason: 'it ended after 3 rounds of the same 2 calls' },
      ],
      [
        'six calls without progress',
        ran(
          'a(1) failed',
          'a(2) failed',
          'b(3) failed',
          'c(4) failed',
          'a(5) failed',
          'b(6) failed',
        ),
        { reason: 'it ended after 6 calls without progress' },
      ],
    ],
    misses: [
      ['two identical failures', ran('find(a) failed', 'find(a) failed')],
      ['three identical results', ran('status(a) ok r', 'status(a) ok r', 'status(a) ok r')],
      [
        'the answer changes: it waits for something',
        ran(
          'status(a) ok 10',
          'status(a) ok 20',
          'status(a) ok 30',
          'status(a) ok 40',
          'status(a) ok 50',
        ),
      ],
      [
        'other arguments each time',
        ran('page(1) ok r', 'page(2) ok r', 'page(3) ok r', 'page(4) ok r', 'page(5) ok r'),
      ],
      [
        'edits and the test that still fails',
        ran(
          'edit(a) ok r',
          'test(t) failed',
          'edit(b) ok r',
          'test(t) failed',
          'edit(c) ok r',
          'test(t) failed',
        ),
      ],
      [
        'a loop that it got out of',
        ran('find(a) failed', 'find(a) failed', 'find(a) failed', 'find(b) ok r'),
      ],
      ['arguments that are not known', ran('find() failed', 'find() failed', 'find() failed')],
    ],
  },
  'run.false_claim': {
    hits: [
      [
        'the refund failed, and the answer says it was made',
        endedRun({ toolCalls: REFUND_FAILED, answer: 'Your refund has been issued successfully.' }),
        { outcome: 'failure', basis: 'unrecovered_tool_failure', certainty: 'likely' },
      ],
      [
        'in another language',
        endedRun({
          toolCalls: REFUND_FAILED,
          answer: 'Die Erstattung wurde erfolgreich veranlasst.',
        }),
        { outcome: 'failure' },
      ],
    ],
    misses: [
      [
        'the answer admits it',
        endedRun({
          toolCalls: REFUND_FAILED,
          answer: 'I have notified the customer, but the refund could not be issued: it failed.',
        }),
      ],
      [
        'the second attempt went well',
        endedRun({
          toolCalls: callsOf('refund!(a) failed', 'refund!(b) ok r'),
          answer: 'Your refund has been issued successfully.',
        }),
      ],
      [
        'what failed only reads',
        endedRun({
          toolCalls: callsOf('find(a) failed', 'list(a) ok r'),
          answer: 'Done! It has been found.',
        }),
      ],
    ],
  },
  'run.tool_failure': {
    hits: [
      [
        'it ended on a failure',
        ran('a(x) ok r', 'b(x) failed'),
        {
          outcome: 'failure',
          basis: 'unrecovered_tool_failure',
          certainty: 'likely',
          firstFailingStep: 3,
        },
      ],
      ['a call of the last step failed', ran('b(x) failed & a(x) ok r'), { outcome: 'failure' }],
      [
        'a write was never made good',
        ran('refund!(a) failed', 'b(x) ok r'),
        { outcome: 'failure' },
      ],
      [
        'the retry was refused',
        ran('a(x) failed', 'a(y) failed', 'a(z) denied'),
        { outcome: 'failure' },
      ],
      ['what else it tried was refused', ran('a(x) failed', 'b(x) denied'), { outcome: 'failure' }],
    ],
    misses: [
      ['a retry went well', ran('a(x) failed', 'a(y) ok r')],
      ['a retry found nothing', ran('a(x) failed', 'a(y) empty')],
      ['another tool did it', ran('a(x) failed', 'b(x) ok r')],
      ['a refused call is no failure', ran('a(x) denied')],
    ],
  },
  'run.finish_reason': {
    hits: [
      [
        'the model ended its answer',
        endedRun(),
        { outcome: 'success', basis: 'finish_reason', certainty: 'likely' },
      ],
      [
        'cut off',
        endedRun({ finishReasons: ['tool_calls', 'max_tokens'] }),
        { outcome: 'failure' },
      ],
      [
        'withheld, spelt with a hyphen',
        endedRun({ finishReasons: ['content-filter'] }),
        { outcome: 'failure' },
      ],
    ],
    misses: [
      ['it ended on tool calls', endedRun({ finishReasons: ['stop', 'tool-calls'] })],
      ['a word that nobody knows', endedRun({ finishReasons: ['weather'] })],
    ],
  },
};

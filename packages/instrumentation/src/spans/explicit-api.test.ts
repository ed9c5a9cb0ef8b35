import { digest } from '@aftertrace/schema/canonical';
import * as api from '@opentelemetry/api';
import { beforeEach, describe, expect, test } from 'vitest';

import {
  guardTool,
  recordOverride,
  recordOverrideOutcome,
  setRunOutcome,
  withAgent,
} from '../index.ts';
import { startRecordingSdk } from '../testing/recording-sdk.ts';

const sdk = startRecordingSdk();
beforeEach(() => sdk.reset());

const identity = {
  name: 'support',
  version: '1.2.0',
  conversationId: 'c1',
  tenant: 'acme',
  onBehalfOf: 'user-1',
};

describe('withAgent', () => {
  test('makes a run with all that is known of its agent, on its span and its events', async () => {
    const result = await withAgent(identity, async () => {
      await Promise.resolve();
      setRunOutcome('success', { reason: 'order found' });
      return 42;
    });
    expect(result).toBe(42);
    const facts = {
      'gen_ai.agent.name': 'support',
      'aftertrace.agent.version': '1.2.0',
      'gen_ai.conversation.id': 'c1',
      'aftertrace.tenant': 'acme',
      'user.id': 'user-1',
    };
    const span = sdk.span('invoke_agent support');
    expect(span.attributes).toMatchObject({
      ...facts,
      'aftertrace.run.outcome': 'success',
      'aftertrace.run.outcome.basis': 'explicit',
    });
    expect(span.status.code).toBe(api.SpanStatusCode.UNSET);
    for (const name of ['aftertrace.run.started', 'aftertrace.run.ended']) {
      expect(sdk.events(name).map(({ attributes }) => attributes)).toMatchObject([facts]);
    }
  });

  test('keeps a value a value, and lets what is thrown out as it is', async () => {
    expect(withAgent({ name: 'a' }, () => 1)).toBe(1);
    const error = new RangeError('x');
    expect(() =>
      withAgent({ name: 'b' }, () => {
        throw error;
      }),
    ).toThrow(error);
    await expect(withAgent({ name: 'c' }, () => Promise.reject(error))).rejects.toBe(error);
    expect(sdk.span('invoke_agent b').status.code).toBe(api.SpanStatusCode.ERROR);
    expect(sdk.span('invoke_agent c').attributes['error.type']).toBe('RangeError');
  });

  test('inside another is a sub-agent of the same run, with its own name', () => {
    withAgent(identity, () => withAgent({ name: 'researcher' }, () => undefined));
    const [inner, outer] = [sdk.span('invoke_agent researcher'), sdk.span('invoke_agent support')];
    expect(inner.attributes).toMatchObject({
      'aftertrace.run.id': outer.attributes['aftertrace.run.id'],
      'gen_ai.conversation.id': 'c1',
    });
    expect(inner.attributes['aftertrace.agent.version']).toBeUndefined();
    expect(inner.parentSpanContext?.spanId).toBe(outer.spanContext().spanId);
    expect(sdk.events('aftertrace.run.ended')).toHaveLength(1);
  });

  test('needs a name', () => {
    expect(() => withAgent({ name: '' }, () => 1)).toThrow(/name/);
  });
});

describe('guardTool', () => {
  test('judges and records a plain function in the run around it', async () => {
    const refund = guardTool(
      async ({ order }: { order: string }) => ({ success: order === 'A1' }),
      { name: 'refund' },
    );
    const results = await withAgent(identity, async () => [
      await refund({ order: 'A1' }),
      await refund({ order: 'B2' }),
    ]);
    expect(results).toEqual([{ success: true }, { success: false }]);
    const outcomes = sdk
      .spans()
      .filter(({ name }) => name === 'execute_tool refund')
      .map(({ attributes }) => attributes['aftertrace.tool.outcome']);
    expect(outcomes).toEqual(['ok', 'failed']);
    expect(sdk.events('aftertrace.run.ended')[0]?.attributes['aftertrace.run.tool_calls']).toBe(2);
  });

  test('keeps an object as it is, its method included', async () => {
    class Tool {
      readonly name = 'lookup';
      readonly #orders = ['A1'];
      execute(): Promise<readonly string[]> {
        return Promise.resolve(this.#orders);
      }
    }
    const original = new Tool();
    const guarded = guardTool(original);
    expect(guarded).toBeInstanceOf(Tool);
    expect(await guarded.execute.call(original as never, undefined as never)).toEqual(['A1']);
  });

  test('outside a run judges all the same', async () => {
    const fail = guardTool(() => Promise.reject(new TypeError('x')), { name: 'fail' });
    await expect(fail(undefined as never)).rejects.toThrow(TypeError);
    expect(sdk.span('execute_tool fail').status.code).toBe(api.SpanStatusCode.ERROR);
  });

  test('needs a name', () => {
    expect(() => guardTool(async () => 1)).toThrow(/name/);
  });
});

describe('recordOverride', () => {
  test('keeps what was changed by digest, until when, and what came of it later', () => {
    const override = recordOverride({
      actor: { id: 'ana@example.com' },
      decision: 'modify',
      reason: 'too much',
      prior: { source: 'agent', decision: 'call refund', step: 3 },
      tool: 'refund',
      arguments: { amount: 900 },
      change: { before: { amount: 900 }, after: { amount: 9 }, paths: ['/amount'] },
      expiresAt: new Date('2026-11-23T12:00:00.000Z'),
      incident: 'inc_1',
      outcome: 'pending',
    });
    expect(override).toMatchObject({
      prior: { step: 3, argumentsDigest: digest({ amount: 900 }) },
      change: { before: digest({ amount: 900 }), after: digest({ amount: 9 }), paths: ['/amount'] },
      expiresAt: '2026-11-23T12:00:00.000Z',
      incident: 'inc_1',
      outcome: { status: 'pending' },
    });
    recordOverrideOutcome(override, 'failed');
    const told = sdk
      .events('aftertrace.override')
      .map(({ attributes }) => attributes['aftertrace.override.outcome']);
    expect(told).toEqual(['pending', 'failed']);
    expect(() => recordOverrideOutcome(override, 'maybe' as 'failed')).toThrow(
      'recordOverrideOutcome needs one of succeeded, failed, not_executed',
    );
  });

  const act = {
    actor: { id: 'ana@example.com' },
    decision: 'terminate',
    reason: 'wrong customer',
    prior: { source: 'agent', decision: 'call refund' },
  } as const;

  test('stands on the tool’s span and in an event, with prior decision, digest and outcome', async () => {
    const refund = guardTool(
      async (_input: { amount: number }) => {
        recordOverride(act);
        return 'stopped';
      },
      { name: 'refund' },
    );
    await withAgent(identity, () => refund({ amount: 5 }));
    expect(sdk.span('execute_tool refund').attributes).toMatchObject({
      'aftertrace.override.kind': 'override',
      'aftertrace.override.decision': 'terminate',
      'aftertrace.override.actor.id': 'ana@example.com',
      'aftertrace.override.actor.assurance': 'asserted',
      'aftertrace.override.outcome': 'succeeded',
    });
    expect(sdk.events('aftertrace.override')).toHaveLength(1);
  });

  test.each([
    ['no reason', { ...act, reason: '  ' }],
    ['nobody', { ...act, actor: { id: '' } }],
  ])('with %s is refused', (_name, input) => {
    expect(() => recordOverride(input)).toThrow(
      expect.objectContaining({ code: 'invalid_argument' }) as Error,
    );
    expect(sdk.events('aftertrace.override')).toEqual([]);
  });
});

test('setRunOutcome outside a run says that there is none', () => {
  expect(setRunOutcome('failure')).toBe(false);
});

test('runs that nobody governs share no signal: what listens to one goes with its run', () => {
  const signals = ['a', 'b'].map((name) => withAgent({ name }, ({ signal }) => signal));
  expect(signals[0]).toBeInstanceOf(AbortSignal);
  expect(signals[0]).not.toBe(signals[1]);
});

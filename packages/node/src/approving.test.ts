import { EvidenceRecord, type Override } from '@aftertrace/schema';
import { describe, expect, onTestFinished, test } from 'vitest';

import {
  startControlServer,
  type ControlServer,
} from '../../instrumentation/src/testing/control-server.ts';
import { startFlight, toolSpan } from './testing/flight.ts';
import { bundle, companionEnv, ran, rule } from './testing/governing.ts';

async function startCompanion(): Promise<ControlServer> {
  const server = await startControlServer();
  onTestFinished(() => server.close());
  return server;
}

/** Each once: at the end of a process a batch may be sent twice, with the same numbers. */
function once<T>(records: readonly T[]): readonly T[] {
  return [...new Map(records.map((record) => [JSON.stringify(record), record])).values()];
}

function overrides(companion: ControlServer): readonly Override[] {
  const found = companion.evidence.flatMap((record) => {
    const parsed = EvidenceRecord.parse(record);
    return parsed.type === 'override' ? [parsed.data] : [];
  });
  return once(found);
}

function outcomes(companion: ControlServer): readonly unknown[] {
  return once(
    companion.evidence.flatMap((record) =>
      record.type === 'override.outcome' ? [record.data] : [],
    ),
  );
}

describe.each([
  ['generateText', '0'],
  ['streamText', '1'],
])('approvals of the AI SDK itself, %s', (_name, STREAM) => {
  test('an approval is recorded with who, why, what it was for, and what became of it', async () => {
    const companion = await startCompanion();
    const { otlp, run } = await startFlight();
    const { stdout } = await run([], {
      app: 'approving.ts',
      env: {
        STREAM,
        ANSWER: 'approve',
        APPROVER: 'ana@example.com',
        REASON: 'known customer',
        ...companionEnv(companion),
      },
    });
    expect(ran(stdout)).toEqual([['refund', { order: 'A1', amount: 950 }]]);
    const [override] = overrides(companion);
    expect(overrides(companion)).toHaveLength(1);
    expect(override).toMatchObject({
      kind: 'approval',
      decision: 'approve',
      actor: { kind: 'human', id: 'ana@example.com', assurance: 'asserted' },
      reason: 'known customer',
      prior: { source: 'policy', decision: 'escalate', tool: 'refund', rule: 'framework.ai' },
      actionDigest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) as unknown,
      outcome: { status: 'pending' },
    });
    expect(outcomes(companion)).toMatchObject([{ override: override?.id, status: 'succeeded' }]);
    expect(toolSpan(otlp, 'refund').attributes).toMatchObject({
      'aftertrace.override.id': override?.id,
      'aftertrace.override.actor.id': 'ana@example.com',
      'aftertrace.override.outcome': 'succeeded',
      'aftertrace.tool.outcome': 'ok',
    });
  });

  test('a rejection is recorded as a denied call, though no tool runs', async () => {
    const companion = await startCompanion();
    const { otlp, run } = await startFlight();
    const { stdout } = await run([], {
      app: 'approving.ts',
      env: { STREAM, ANSWER: 'reject', APPROVER: 'ana@example.com', ...companionEnv(companion) },
    });
    expect(ran(stdout)).toEqual([]);
    expect(overrides(companion)).toMatchObject([
      {
        decision: 'reject',
        actor: { id: 'ana@example.com' },
        reason: expect.stringMatching(/^rejected without a reason \(ai approval/) as unknown,
      },
    ]);
    expect(outcomes(companion)).toMatchObject([{ status: 'not_executed' }]);
    expect(toolSpan(otlp, 'refund').attributes).toMatchObject({
      'aftertrace.tool.outcome': 'denied',
      'aftertrace.override.decision': 'reject',
    });
  });

  test('an approval by nobody is said to be one, and is refused where a name is demanded', async () => {
    const companion = await startCompanion();
    const { run } = await startFlight();
    const env = { STREAM, ANSWER: 'approve', ...companionEnv(companion) };
    const taken = await run([], { app: 'approving.ts', env });
    expect(ran(taken.stdout)).toHaveLength(1);
    expect(overrides(companion)).toMatchObject([{ actor: { id: 'unidentified' } }]);
    const demanding = { ...env, AFTERTRACE_APPROVALS: 'named' };
    const refused = await run([], { app: 'approving.ts', env: demanding });
    expect(ran(refused.stdout)).toEqual([]);
    expect(outcomes(companion)).toMatchObject([
      { status: 'succeeded' },
      { status: 'not_executed' },
    ]);
  });

  test('an approval of the application does not answer for the policy', async () => {
    const companion = await startCompanion();
    companion.setState({ policy: bundle(1, rule('no-refund', 'refund', 'block')) });
    const { run } = await startFlight();
    const env = { STREAM, ANSWER: 'approve', APPROVER: 'ana@example.com', REASON: 'known' };
    const { stdout } = await run([], {
      app: 'approving.ts',
      env: { ...env, ...companionEnv(companion) },
    });
    expect(ran(stdout)).toEqual([]);
    expect(outcomes(companion)).toMatchObject([{ status: 'not_executed' }]);
  });
});

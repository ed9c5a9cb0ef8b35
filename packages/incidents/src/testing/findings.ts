import type { Actor, Containment, Finding, Override } from '@aftertrace/schema';

let counter = 0;

/** A person, for transitions in tests. */
export const ana: Actor = { kind: 'human', id: 'ana@example.com', assurance: 'token' };

/** A finding of a failed `refund`, unlike any other unless told. */
export function findingOf(changes: Partial<Finding> = {}): Finding {
  counter += 1;
  return {
    id: `fnd_${counter}`,
    at: '2026-11-22T10:00:00.000Z',
    kind: 'tool_failure',
    detector: { id: 'aftertrace.exporter', version: '1' },
    agent: 'support',
    tool: 'refund',
    class: 'timeout',
    rule: 'json.success_false',
    fingerprintParts: ['tool_failure', 'support', 'refund', 'timeout', 'json.success_false'],
    severityHint: 'sev3',
    evidence: [],
    summary: 'SECRET-SUMMARY',
    ...changes,
  };
}

export function containmentOf(changes: Partial<Containment> = {}): Containment {
  return {
    id: 'cnt_1',
    kind: 'revoke',
    scope: { agent: 'support', tool: 'refund' },
    mode: 'enforce',
    reason: 'it refunds twice',
    actor: ana,
    requestedAt: '2026-11-22T10:01:00.000Z',
    drill: false,
    inFlight: 'abort',
    effective: [],
    unreachable: [],
    ...changes,
  };
}

export function overrideOf(changes: Partial<Override> = {}): Override {
  return {
    id: 'ovr_1',
    at: '2026-11-22T10:02:00.000Z',
    kind: 'approval',
    actor: ana,
    decision: 'reject',
    reason: 'not this customer',
    prior: { source: 'policy', decision: 'escalate', tool: 'refund' },
    actionDigest: 'sha256:0',
    outcome: { status: 'not_executed' },
    agent: 'support',
    run: 'run_1',
    ...changes,
  };
}

import { Incident, Trajectory, type WrittenTrajectory } from '@aftertrace/schema';
import type { ContainmentProgress } from '@aftertrace/control';

const AT = '2026-11-23T10:00:00.000Z';

/** A run in which every text that comes from elsewhere is `evil`. */
export function runWith(evil: string, text: string = evil): WrittenTrajectory {
  const trajectory = Trajectory.parse({
    schema_version: 'ATIF-v1.7',
    trajectory_id: `traj_${evil}`,
    agent: { name: evil, version: evil, model_name: evil },
    steps: [
      { step_id: 1, source: 'user', message: text, timestamp: evil },
      {
        step_id: 2,
        source: 'agent',
        message: [
          { type: 'text', text },
          { type: 'image', source: { media_type: evil, path: evil } },
        ],
        reasoning_content: text,
        model_name: evil,
        llm_call_count: 1,
        tool_calls: [
          {
            tool_call_id: 'c1',
            function_name: `f${evil}`,
            arguments: { [evil]: text },
            extra: { aftertrace: { spanId: 's1', decision: 'd1' } },
          },
          { tool_call_id: 'c2', function_name: 'other', arguments: {} },
        ],
        observation: {
          results: [
            {
              source_call_id: 'c1',
              content: text,
              extra: {
                aftertrace: {
                  outcome: {
                    outcome: 'failed',
                    certainty: 'certain',
                    class: 'unavailable',
                    channel: 'result',
                    rule: evil,
                    evidence: { pointer: evil },
                  },
                  durationMillis: 12,
                },
              },
            },
            { content: `loose ${text}` },
          ],
        },
        extra: { aftertrace: { agent: evil, durationMillis: 3 } },
      },
    ],
    final_metrics: { total_prompt_tokens: 1200, total_completion_tokens: 3, total_cost_usd: 0.5 },
    extra: {
      aftertrace: {
        v: 1,
        revision: 2,
        outcome: {
          outcome: 'failure',
          basis: 'unrecovered_tool_failure',
          certainty: 'certain',
          rule: evil,
          reason: evil,
          firstFailingStep: 2,
        },
        failure: { tool: evil, errorType: evil },
        toolOutcomes: { [evil]: 1 },
        decisions: [
          {
            id: 'd1',
            verdict: 'block',
            action: 'allow',
            source: 'policy',
            rule: evil,
            reason: evil,
          },
          {
            id: 'd2',
            verdict: 'block',
            action: 'block',
            source: 'containment',
            containment: evil,
            tool: evil,
          },
        ],
        overrides: [
          {
            id: 'o1',
            kind: 'override',
            decision: 'approve',
            reason: `r${evil}`,
            actor: { id: evil, assurance: evil },
            prior: { source: 'policy', decision: evil },
            outcome: { status: 'not_executed' },
            spanId: 's1',
          },
          {
            id: 'o2',
            kind: 'approval',
            decision: 'reject',
            reason: `r${evil}`,
            actor: { id: evil },
          },
        ],
        containments: [],
        runId: 'run-1',
        traceIds: [evil, 'a'.repeat(32)],
        rootSpanId: 'b'.repeat(16),
        conversationId: evil,
        onBehalfOf: evil,
        tenant: evil,
        environment: evil,
        service: { name: evil, version: evil },
        incidentIds: [],
        sampling: { kept: true, rule: 'default.keep_all', ratio: 1 },
        redaction: { policy: 'default', counts: { [evil]: 1 } },
        content: 'redacted',
        timing: {
          startTimeUnixNano: '1795341600000000000',
          endTimeUnixNano: '1795341600500000000',
          durationMillis: 500,
        },
        dialect: 'otel-genai',
        completeness: { rootEnded: true, spans: 3, gaps: [evil] },
      },
    },
    subagent_trajectories: [
      {
        schema_version: 'ATIF-v1.7',
        agent: { name: evil, version: '1' },
        steps: [{ step_id: 1, source: 'system', message: text }],
      },
    ],
  });
  return { trajectory, file: `trajectories/failure/${evil}.jsonl`, line: 7 };
}

/** An incident in which every text that comes from elsewhere is `evil`, about the run of {@link runWith}. */
export function incidentWith(evil: string, findings = 1): Incident {
  const human = { kind: 'human', id: evil === '' ? 'a' : evil, assurance: 'token' };
  const event = (seq: number, fields: object): object => ({
    seq,
    at: AT,
    actor: human,
    prevHash: '0',
    hash: '1',
    data: {},
    ...fields,
  });
  const finding = (index: number): object => ({
    id: `fnd_${index}`,
    at: AT,
    kind: 'tool_failure',
    detector: { id: evil, version: evil },
    run: 'run-1',
    agent: evil,
    fingerprintParts: [],
    severityHint: 'sev3',
    evidence: [index === 0 ? { trajectoryId: evil } : { traceId: evil }],
    summary: evil,
  });
  return Incident.parse({
    id: `inc_${evil}`,
    title: evil,
    state: 'merged',
    severity: 'sev2',
    fingerprint: evil,
    class: 'unavailable',
    kind: 'tool_failure',
    detectedBy: { detector: evil, version: evil, rule: evil },
    firstSeen: AT,
    detectedAt: AT,
    awareAt: AT,
    lastSeen: AT,
    count: 3,
    agent: evil,
    tool: evil,
    environment: evil,
    owner: evil,
    runs: ['run-1'],
    trajectories: [`traj_${evil}`],
    conversations: [evil],
    containments: ['ctn_1'],
    overrides: [],
    evidence: [],
    duplicateOf: `inc_2${evil}`,
    destinations: { [evil]: { lastStatus: evil, at: AT } },
    events: [
      ...Array.from({ length: findings }, (_, index) =>
        event(index, {
          type: index === 0 ? 'opened' : 'finding',
          data: { finding: finding(index) },
        }),
      ),
      event(1, { type: 'transition', from: 'triage', to: 'open', reason: evil }),
      event(2, { type: 'note', reason: evil }),
      event(3, {
        type: 'run_linked',
        data: { trajectory: `traj_${evil}`, outcome: 'failure', conversation: evil },
      }),
      event(4, { type: 'containment_linked', data: { id: evil, status: evil } }),
    ],
  });
}

/** A containment in which every text that comes from elsewhere is `evil`. */
export function containmentWith(evil: string): ContainmentProgress {
  const actor = { kind: 'human', id: evil, assurance: 'token' } as const;
  return {
    state: 'unreachable',
    pending: [evil],
    unenforceable: [evil],
    unattached: [{ instance: evil, frameworks: [evil] }],
    sealed: true,
    containment: {
      id: evil,
      kind: 'revoke',
      scope: { agent: evil, tool: evil },
      mode: 'shadow',
      reason: evil,
      actor,
      requestedAt: AT,
      drill: true,
      inFlight: 'abort',
      effective: [],
      unreachable: [evil],
      released: { actor, reason: evil, at: AT },
    },
  };
}

import { compileBundle } from '@aftertrace/policy/compile';
import type { ApprovalRequest, Containment, Override, QuarantineRequest } from '@aftertrace/schema';
import * as api from '@opentelemetry/api';

import { createEnforcement, type Enforcement } from '../control/enforcement.ts';
import type { ApprovalResult, ControlLink, Evidence } from '../control/link.ts';
import { createDiagnostics, type Diagnostics } from '../diagnostics.ts';
import { createFactStore } from '../guard/fact-store.ts';
import { createGuard, type Guard } from '../guard/guard.ts';
import { createInFlightCalls, type InFlightCalls } from '../guard/in-flight.ts';
import type { ToolCall } from '../guard/tool-call.ts';
import { createToolRegistry, type ToolRegistry } from '../guard/tool-registry.ts';
import { createProposals, type Proposals } from '../model/proposals.ts';
import { createScopeStorage, newRun, type Scope, type ScopeStorage } from '../spans/scope.ts';

/** A guard whose companion is the test. */
export interface GuardFixture {
  readonly guard: Guard;
  readonly proposals: Proposals;
  readonly enforcement: Enforcement;
  readonly inFlight: InFlightCalls;
  readonly scopes: ScopeStorage;
  readonly diagnostics: Diagnostics;
  readonly evidence: readonly Evidence[];
  readonly asked: readonly ApprovalRequest[];
  readonly held: readonly QuarantineRequest[];
  readonly tools: ToolRegistry;
  /** The time, which only the test moves. */
  readonly clock: { nowMillis: number };
  /** What a reviewer has released. */
  release: (request: QuarantineRequest) => Override | undefined;
  /** How the next question is answered. */
  answer: (request: ApprovalRequest) => Promise<ApprovalResult>;
  /** Puts rules and containments in force. */
  readonly enforce: (
    rules: readonly object[],
    containments?: readonly Containment[],
    bundle?: object,
  ) => Promise<void>;
  /** A call of `refund` in a run of its own, unless said otherwise. */
  readonly call: (more?: Partial<ToolCall>) => ToolCall;
}

export function createGuardFixture(
  options: {
    captureContent?: boolean;
    approvals?: 'record' | 'named';
    /** Frameworks that are loaded and not attached to. */
    unattached?: () => readonly string[];
    /** Of limits and circuits; default: the clock. */
    steadyMillis?: () => number;
  } = {},
): GuardFixture {
  const inFlight = createInFlightCalls();
  const clock = { nowMillis: Date.parse('2026-11-23T10:00:00.000Z') };
  const now = (): number => clock.nowMillis;
  const enforcement = createEnforcement({ inFlight, now });
  const scopes = createScopeStorage();
  const diagnostics = createDiagnostics(() => undefined);
  const evidence: Evidence[] = [];
  const asked: ApprovalRequest[] = [];
  const held: QuarantineRequest[] = [];
  const tools = createToolRegistry();
  let revision = 0;
  let ids = 0;
  const fixture: Omit<GuardFixture, 'guard' | 'proposals'> = {
    enforcement,
    inFlight,
    scopes,
    diagnostics,
    evidence,
    asked,
    held,
    tools,
    clock,
    release: () => undefined,
    answer: () => Promise.resolve({ kind: 'expired' }),
    enforce: async (rules, containments = [], bundle = {}) => {
      revision += 1;
      const result = compileBundle({ name: 'test', revision, rules, ...bundle });
      if (!result.ok) throw new Error(JSON.stringify(result.problems));
      await enforcement.apply(containments, () => Promise.resolve(result));
    },
    call: (more = {}) => ({
      tool: 'refund',
      toolCallId: 'call_1',
      arguments: { amount: 5 },
      scope: newScope(),
      context: api.context.active(),
      ...more,
    }),
  };
  const link: ControlLink = {
    governed: true,
    inForce: () => enforcement.current(),
    untilReady: () => undefined,
    ask: (request) => {
      asked.push(request);
      return fixture.answer(request);
    },
    hold: (request) => {
      held.push(request);
      return Promise.resolve(fixture.release(request));
    },
    prove: (item) => evidence.push(item),
    sawAgent: () => undefined,
  };
  const facts = createFactStore({
    now,
    steadyMillis: options.steadyMillis ?? now,
    onDrop: () => diagnostics.count('guard.facts_dropped'),
  });
  const proposals = createProposals({ inForce: () => enforcement.current() });
  const guard = createGuard({
    proposals,
    link,
    facts,
    inFlight,
    scopes,
    tools,
    instance: 'instance-1',
    captureContent: options.captureContent ?? false,
    unattached: options.unattached ?? (() => []),
    approvals: options.approvals ?? 'record',
    now,
    randomId: () => `id-${(ids += 1)}`,
    diagnostics,
  });
  return Object.assign(fixture, { guard, proposals });
}

/** A scope in a run of its own. */
export function newScope(name = 'support'): Scope {
  const agent = { name };
  return { run: newRun('run-1', agent, 0), agent };
}

/** A revocation of `refund`, unless said otherwise. */
export function containment(more: Partial<Containment> = {}): Containment {
  return {
    id: 'ctn_1',
    kind: 'revoke',
    scope: { tool: 'refund' },
    mode: 'enforce',
    reason: 'refunds go to the wrong people',
    actor: { kind: 'human', id: 'ana@example.com', assurance: 'token' },
    requestedAt: '2026-11-23T00:00:00.000Z',
    drill: false,
    inFlight: 'abort',
    effective: [],
    unreachable: [],
    ...more,
  };
}

/** An approval of what was escalated, unless said otherwise. */
export function override(more: Partial<Override> = {}): Override {
  return {
    id: 'ovr_1',
    at: '2026-11-23T10:00:00.000Z',
    kind: 'approval',
    actor: { kind: 'human', id: 'ana@example.com', assurance: 'token' },
    decision: 'approve',
    reason: 'because',
    prior: { source: 'policy', decision: 'escalate' },
    actionDigest: 'sha256:0',
    outcome: { status: 'pending' },
    agent: 'support',
    ...more,
  };
}

/** An enforced rule. */
export function rule(verdict: string, more: object = {}): object {
  return { id: `rule-${verdict}`, match: { tool: 'refund' }, verdict, mode: 'enforce', ...more };
}

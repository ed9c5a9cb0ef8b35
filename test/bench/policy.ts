import { randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';

import type { PolicyDecision } from '@aftertrace/policy';
import { ROOT_CONTEXT } from '@opentelemetry/api';

import { decisionRecord } from '../../packages/instrumentation/src/guard/decision-record.ts';
import { newRun } from '../../packages/instrumentation/src/spans/scope.ts';
import { agentGovernance, cedar, type Decider } from './policy/others.ts';
import { compiled, decideCall, proposed, type Form } from './policy/ours.ts';
import { percentilesOf, type Percentiles } from './policy/percentiles.ts';
import { allowedCalls, thresholdOf, TOOLS_OF_AN_AGENT } from './policy/workload.ts';
import type { Bar, BenchContext, Row } from './row.ts';

const SIZES = [10, 100, 1_000, 10_000] as const;
/** The others take time with every rule that they have; more would take minutes. */
const SIZES_OF_OTHERS = [10, 100, 1_000] as const;

/**
 * What a decision costs in the agent, where the call waits for it, beside two other engines with the same rules and
 * calls. Each call is timed by itself.
 */
export function policy({ args, note }: BenchContext): Promise<readonly Row[]> {
  // It takes none, and says so.
  parseArgs({ args: [...args] });
  const timer = percentilesOf((index) => index);
  note(`the timer itself: p50 ${timer.p50.toFixed(3)} µs; it is part of every figure`);
  const decisions = SIZES.map((rules) => ({ rules, took: allowed(rules, TOOLS_OF_AN_AGENT) }));
  const [few, , , many] = decisions;
  // Ten rules have ten tools; 10,000 are asked for 64. The second ratio has the same calls on both sides.
  const growth = (many?.took.p50 ?? Number.NaN) / (few?.took.p50 ?? Number.NaN);
  const growthOfSameCalls = allowed(10_000, 10).p50 / allowed(10, 10).p50;
  return Promise.resolve([
    ...decisions.flatMap(({ rules, took }) =>
      rows(`allowed, ${count(rules)} rules`, took, { p50: { atMost: 1 }, p99: { atMost: 5 } }),
    ),
    {
      metric: 'allowed, 10,000 rules to 10, calls of 64 tools to calls of ten',
      value: growth,
      unit: '×',
      bar: { atMost: 1.5 },
    },
    {
      metric: 'allowed, 10,000 rules to 10, the same calls',
      value: growthOfSameCalls,
      unit: '×',
      bar: { atMost: 1.5 },
    },
    ...rows('allowed, 10,000 rules, each call another tool', allowed(10_000, 10_000), {
      p50: { atMost: 1 },
      p99: { atMost: 5 },
    }),
    ...SIZES.flatMap((rules) =>
      rows(`one CEL when, ${count(rules)} rules`, allowed(rules, TOOLS_OF_AN_AGENT, 'when'), {
        p50: { atMost: 5 },
      }),
    ),
    ...rows('blocked, not recorded, 1,000 rules', blocked(), {}),
    ...rows('blocked and recorded with its digest, 1,000 rules', recorded(), {
      p50: { atMost: 10 },
    }),
    ...others('Agent Governance SDK 4.0.0', agentGovernance),
    ...others('Cedar 4.13.0', cedar),
  ]);
}

function count(rules: number): string {
  return rules.toLocaleString('en-US');
}

function rows(
  metric: string,
  took: Percentiles,
  bars: { readonly p50?: Bar; readonly p99?: Bar },
): readonly Row[] {
  return (['p50', 'p99'] as const).map((name) => {
    const bar = bars[name];
    return {
      metric: `${metric}: ${name}`,
      value: took[name],
      unit: 'µs',
      ...(bar === undefined ? {} : { bar }),
    };
  });
}

function allowed(rules: number, tools: number, form: Form = 'predicate'): Percentiles {
  const inForce = compiled(rules, form);
  const calls = allowedCalls(rules, tools).map(proposed);
  const [call] = calls;
  if (call === undefined) throw new Error('there are no calls');
  const over = { ...call, tool: 'tool_0', arguments: { amount: thresholdOf(0) + 1 } };
  expectAction(decideCall(inForce, over), 'block');
  for (const one of calls) expectAction(decideCall(inForce, one), 'allow');
  return percentilesOf((index) => decideCall(inForce, calls[index % calls.length] ?? call));
}

function expectAction(decision: PolicyDecision, action: string): void {
  const { unevaluated } = decision;
  if (decision.action === action && unevaluated === undefined) return;
  throw new Error(`expected ${action}, found ${JSON.stringify(decision)}`);
}

function blocked(): Percentiles {
  const inForce = compiled(1_000, 'name');
  const calls = allowedCalls(1_000, TOOLS_OF_AN_AGENT).map(proposed);
  return percentilesOf((index) => {
    const call = calls[index % calls.length];
    return call === undefined ? undefined : decideCall(inForce, call);
  });
}

/** The decision and the record that goes into the ledger: id, time, all matching rules, revision, digest of the action. */
function recorded(): Percentiles {
  const inForce = compiled(1_000, 'name');
  const agent = { name: 'support', conversationId: 'c-1' };
  const scope = { run: newRun('run-1', agent, 0), agent };
  const calls = allowedCalls(1_000, TOOLS_OF_AN_AGENT).map((call) => {
    const { tool, arguments: args, ...rest } = proposed(call);
    const toolCall = { tool, toolCallId: 'call_1', arguments: args, scope, context: ROOT_CONTEXT };
    return { toolCall, proposed: { ...rest, tool, arguments: args } };
  });
  return percentilesOf((index) => {
    const call = calls[index % calls.length];
    if (call === undefined) return undefined;
    const decision = decideCall(inForce, call.proposed);
    return decisionRecord(decision, {
      id: `dec_${randomUUID()}`,
      atMillis: Date.now(),
      call: call.toolCall,
      arguments: call.toolCall.arguments,
      executed: false,
      span: undefined,
    });
  });
}

/** Another engine with the same rules and calls; it must decide them alike. */
function others(name: string, make: (rules: number) => Decider): readonly Row[] {
  return SIZES_OF_OTHERS.flatMap((rules) => {
    const isAllowed = make(rules);
    const calls = allowedCalls(rules, TOOLS_OF_AN_AGENT);
    const isRight =
      calls.slice(0, TOOLS_OF_AN_AGENT).every(isAllowed) &&
      !isAllowed({ agent: 'support', tool: 'tool_0', amount: thresholdOf(0) + 1 });
    if (!isRight) throw new Error(`${name} does not decide as the rules say`);
    const work = (index: number): unknown => {
      const call = calls[index % calls.length];
      return call === undefined ? undefined : isAllowed(call);
    };
    return rows(`${name}, ${count(rules)} rules`, percentilesOf(work, { calls: 20_000 }), {});
  });
}

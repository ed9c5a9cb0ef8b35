import {
  decide,
  type CompiledPolicy,
  type CompiledRule,
  type PolicyDecision,
} from '@aftertrace/policy';
import {
  type RunOutcomeKind,
  type ToolOutcomeKind,
  type Verdict,
  type WrittenTrajectory,
} from '@aftertrace/schema';

import { createReplayState, proposedCallOf, type ReplayState } from './replay-state.ts';
import { recordedCallsOf, type RecordedCall } from './recorded-calls.ts';
import { unknownArguments, veilRedacted, type VeiledArguments } from './veiled-arguments.ts';

/** A recorded call that the policy would have treated otherwise than by letting it pass. */
export interface AffectedCall {
  readonly trajectoryId: string;
  /** Path relative to the data directory, and line from 1. */
  readonly file: string;
  readonly line: number;
  readonly stepId: number;
  readonly toolCallId: string;
  readonly agent: string;
  readonly tool: string;
  /** The rule that decides; others may match too. */
  readonly rule: string;
  readonly verdict: Verdict;
  /** How the run ended as it was. */
  readonly runOutcome: RunOutcomeKind;
  /** What became of the call as it was; absent: no result was recorded. */
  readonly toolOutcome?: ToolOutcomeKind;
}

/** What one rule would have done. */
export interface RuleEffect {
  readonly verdict: Verdict;
  /** Calls that it decides. */
  readonly calls: number;
  readonly inFailedRuns: number;
  readonly inGoodRuns: number;
  readonly inUnresolvedRuns: number;
}

/** What a policy would have done to recorded runs, if all of its rules had been enforced. */
export interface BacktestReport {
  readonly runs: number;
  /** How the runs ended, as they were. */
  readonly runOutcomes: Readonly<Record<'failed' | 'good' | 'unresolved', number>>;
  /** Tool calls looked at. */
  readonly calls: number;
  /** Every call with a verdict other than `allow`, in the order of the runs. */
  readonly affected: readonly AffectedCall[];
  /** Every rule of the policy, also those that decide nothing, by id. */
  readonly byRule: ReadonlyMap<string, RuleEffect>;
  /** Calls that would not have run at once: blocked, quarantined, or held for a person. Those in good runs are false alarms. */
  readonly stopped: {
    readonly inFailedRuns: number;
    readonly inGoodRuns: number;
    readonly inUnresolvedRuns: number;
  };
  /** Runs with at least one stopped call. */
  readonly stoppedRuns: {
    readonly failed: number;
    readonly good: number;
    readonly unresolved: number;
  };
  /** Calls about which nothing can be said, because a rule looks at what was not recorded. */
  readonly notEvaluable: {
    readonly count: number;
    readonly byRule: ReadonlyMap<string, number>;
    /** For a person; empty where `count` is 0. */
    readonly reason: string;
  };
}

type RunGroup = 'failed' | 'good' | 'unresolved';

const STOPS: ReadonlySet<Verdict> = new Set(['block', 'quarantine', 'escalate']);

function groupOf(outcome: RunOutcomeKind): RunGroup {
  switch (outcome) {
    case 'success':
      return 'good';
    case 'failure':
    case 'terminated':
      return 'failed';
    case 'incomplete':
    case 'unknown':
      return 'unresolved';
  }
}

/** A decision on a recorded call, or the rules that could not be evaluated. */
type Replayed =
  | { readonly kind: 'decided'; readonly rule: string | undefined; readonly verdict: Verdict }
  | { readonly kind: 'not_evaluable'; readonly rules: readonly string[] };

function veilOf(call: RecordedCall): VeiledArguments {
  if (!call.argumentsKnown) return unknownArguments();
  return veilRedacted(call.arguments);
}

/** Whether a rule's own tests hold for certain: they look at nothing that is missing. */
function surelyMatches(rule: CompiledRule | undefined, args: unknown): boolean {
  try {
    if (rule === undefined || rule.looksFurther) return false;
    return rule.argumentTests.every((test) => test(args));
  } catch {
    // It looked at something that was not recorded.
    return false;
  }
}

interface Sorted {
  /** Rules that match, whatever the missing values were; strongest first. */
  readonly certain: readonly { readonly id: string; readonly verdict: Verdict }[];
  /** Rules that would have had to look at what is missing. */
  readonly unevaluated: readonly string[];
}

function sorted(
  decision: PolicyDecision,
  rules: ReadonlyMap<string, CompiledRule>,
  { args, unknown }: { readonly args: unknown; readonly unknown: readonly string[] },
): Sorted {
  const inDoubt = (decision.unevaluated ?? []).filter((id) => !surelyMatches(rules.get(id), args));
  const unevaluated = [...new Set([...inDoubt, ...unknown])];
  const certain = decision.rules
    .filter(({ id }) => !unevaluated.includes(id))
    // What could not be made was its change; that it matches is certain.
    .map(({ id, verdict }) => ({ id, verdict: rules.get(id)?.verdict ?? verdict }))
    .toSorted((a, b) => rank(b.verdict) - rank(a.verdict));
  return { certain, unevaluated };
}

const RANKS: readonly Verdict[] = [
  'allow',
  'flag',
  'redact',
  'transform',
  'escalate',
  'quarantine',
  'block',
];
function rank(verdict: Verdict): number {
  return RANKS.indexOf(verdict);
}

/** Asks the engine that decides in the agent. Only what it can say for certain counts. */
function replay(
  policy: CompiledPolicy,
  rules: ReadonlyMap<string, CompiledRule>,
  asked: {
    readonly call: RecordedCall;
    readonly written: WrittenTrajectory;
    readonly past: ReplayState;
  },
): Replayed {
  const { call, written, past } = asked;
  const { value: args, incomplete } = veilOf(call);
  const proposed = proposedCallOf(policy, written, { call, arguments: args });
  const nowMillis = call.at === undefined ? 0 : Date.parse(call.at);
  const decision = decide({
    policy,
    containments: [],
    call: proposed,
    nowMillis,
    state: past.state(proposed, nowMillis),
    assumeEnforced: true,
  });
  const unknown = decision.rules
    .map(({ id }) => id)
    .filter((id) => rules.get(id)?.pinned.some((name) => proposed[name] === undefined));
  const replayed = sortedOut(decision, { rules, args, incomplete, unknown });
  past.keep({
    call: proposed,
    decision,
    stopped: replayed.kind === 'decided' && STOPS.has(replayed.verdict),
    outcome: call.outcome,
    atMillis: nowMillis,
  });
  return replayed;
}

function sortedOut(
  decision: PolicyDecision,
  about: {
    readonly rules: ReadonlyMap<string, CompiledRule>;
    readonly args: unknown;
    readonly incomplete: boolean;
    /** Rules that hold only since a version that they demand was not recorded. */
    readonly unknown: readonly string[];
  },
): Replayed {
  const { rules, args, incomplete, unknown } = about;
  if (!incomplete && unknown.length === 0)
    return { kind: 'decided', rule: decision.rule, verdict: decision.verdict };
  const { unevaluated, certain } = sorted(decision, rules, { args, unknown });
  const [first] = certain;
  const verdict = first?.verdict ?? 'allow';
  // A rule that stops the call for certain stops it whatever the others would have said.
  const weightier = unevaluated.filter(
    (id) => rank(rules.get(id)?.verdict ?? 'block') > rank(verdict),
  );
  return weightier.length > 0 && !STOPS.has(verdict)
    ? { kind: 'not_evaluable', rules: weightier }
    : { kind: 'decided', rule: first?.id, verdict };
}

interface Tally {
  runs: number;
  calls: number;
  readonly runOutcomes: Record<RunGroup, number>;
  readonly affected: AffectedCall[];
  readonly byRule: Map<string, { verdict: Verdict; calls: number } & Record<RunGroup, number>>;
  readonly stopped: Record<RunGroup, number>;
  readonly stoppedRuns: Record<RunGroup, number>;
  readonly notEvaluable: { count: number; readonly byRule: Map<string, number> };
}

function newTally(policy: CompiledPolicy): Tally {
  const none = { failed: 0, good: 0, unresolved: 0 };
  return {
    runs: 0,
    calls: 0,
    runOutcomes: { ...none },
    affected: [],
    byRule: new Map(policy.rules.map(({ id, verdict }) => [id, { verdict, calls: 0, ...none }])),
    stopped: { ...none },
    stoppedRuns: { ...none },
    notEvaluable: { count: 0, byRule: new Map() },
  };
}

function countRun(
  tally: Tally,
  policy: CompiledPolicy,
  { written, past }: { readonly written: WrittenTrajectory; readonly past: ReplayState },
): void {
  const { trajectory, file, line } = written;
  const runOutcome = trajectory.extra.aftertrace.outcome.outcome;
  const group = groupOf(runOutcome);
  const agent = trajectory.agent.name;
  const rules = new Map(policy.rules.map((rule) => [rule.id, rule]));
  let stopped = 0;
  for (const call of recordedCallsOf(written)) {
    tally.calls += 1;
    const replayed = replay(policy, rules, { call, written, past });
    if (replayed.kind === 'not_evaluable') {
      countNotEvaluable(tally, replayed.rules);
      continue;
    }
    const { rule, verdict } = replayed;
    if (rule === undefined || verdict === 'allow') continue;
    if (STOPS.has(verdict)) stopped += 1;
    countRule(tally, rule, group);
    const { stepId, toolCallId, tool, outcome } = call;
    tally.affected.push({
      trajectoryId: trajectory.trajectory_id,
      file,
      line,
      stepId,
      toolCallId,
      agent,
      tool,
      rule,
      verdict,
      runOutcome,
      ...(outcome === undefined ? {} : { toolOutcome: outcome.outcome }),
    });
  }
  tally.runs += 1;
  tally.runOutcomes[group] += 1;
  tally.stopped[group] += stopped;
  if (stopped > 0) tally.stoppedRuns[group] += 1;
}

function countRule(tally: Tally, rule: string, group: RunGroup): void {
  const effect = tally.byRule.get(rule);
  if (effect === undefined) return;
  effect.calls += 1;
  effect[group] += 1;
}

function countNotEvaluable(tally: Tally, rules: readonly string[]): void {
  tally.notEvaluable.count += 1;
  const { byRule } = tally.notEvaluable;
  for (const rule of rules) byRule.set(rule, (byRule.get(rule) ?? 0) + 1);
}

function reportOf(tally: Tally): BacktestReport {
  const { stopped, notEvaluable } = tally;
  const effects = [...tally.byRule].map(([id, effect]): readonly [string, RuleEffect] => [
    id,
    {
      verdict: effect.verdict,
      calls: effect.calls,
      inFailedRuns: effect.failed,
      inGoodRuns: effect.good,
      inUnresolvedRuns: effect.unresolved,
    },
  ]);
  return {
    runs: tally.runs,
    runOutcomes: tally.runOutcomes,
    calls: tally.calls,
    affected: tally.affected,
    byRule: new Map(effects),
    stopped: {
      inFailedRuns: stopped.failed,
      inGoodRuns: stopped.good,
      inUnresolvedRuns: stopped.unresolved,
    },
    stoppedRuns: tally.stoppedRuns,
    notEvaluable: {
      ...notEvaluable,
      reason:
        notEvaluable.count === 0
          ? ''
          : 'a rule looks at arguments that were not recorded, or were redacted; record them in the agent (content capture) to have these calls judged',
    },
  };
}

/**
 * Replays every recorded tool call through the engine that decides in the agent, with every rule enforced: what would have
 * been stopped, in bad runs and in good ones. What a call would have changed for later ones (labels, limits, circuits) holds for
 * the recorded calls after it, runs in the order in which they are given. Rules about results are not asked, since they come after the call.
 */
export async function backtest(input: {
  readonly trajectories: AsyncIterable<WrittenTrajectory> | Iterable<WrittenTrajectory>;
  readonly policy: CompiledPolicy;
}): Promise<BacktestReport> {
  const tally = newTally(input.policy);
  const past = createReplayState();
  for await (const written of input.trajectories) countRun(tally, input.policy, { written, past });
  return reportOf(tally);
}

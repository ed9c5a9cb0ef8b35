import type { LoopKind } from '@aftertrace/detection';
import {
  sha256Hex,
  type Finding,
  type RunOutcome,
  type Severity,
  type ToolOutcome,
} from '@aftertrace/schema';

import type {
  RecordedDecision,
  RecordedOverride,
} from '../decode/dialects/aftertrace-attributes.ts';
import type { SeenLoop } from './loop-watch-report.ts';
import { plainName } from './plain-name.ts';

/** Who made the finding: this package, by the rules of `@aftertrace/detection`. */
const DETECTOR = { id: 'aftertrace.exporter', version: '1' } as const;

/** What a finding says about where it was seen. */
export interface FindingContext {
  /** ISO 8601. */
  readonly at: string;
  readonly agent: string;
  readonly tool: string | undefined;
  readonly toolCallId: string | undefined;
  readonly run: string | undefined;
  readonly conversation: string | undefined;
  readonly environment: string | undefined;
  readonly traceId: string | undefined;
  readonly spanId: string | undefined;
  /** The call is told by records that know its id and not its span, and the id is used once. */
  readonly isKnownById?: boolean | undefined;
  /** Known early only where the agent minted a run id. */
  readonly trajectoryId: string | undefined;
}

/** A tool call that failed. */
export function toolFailureFinding(context: FindingContext, outcome: ToolOutcome): Finding {
  const tool = context.tool ?? 'unknown';
  const failureClass = outcome.class ?? 'other';
  return {
    ...common(context, 'tool_failure', 'sev3', callKey(context)),
    tool,
    class: failureClass,
    rule: outcome.rule,
    fingerprintParts: ['tool_failure', context.agent, tool, failureClass, outcome.rule],
    summary: `${plainName(tool)} failed in ${plainName(context.agent)}: ${failureClass}, ${outcome.certainty} (${plainName(outcome.rule)})`,
  };
}

const LOOP_TEXT: Readonly<Record<LoopKind, string>> = {
  identical_failures: 'identical calls in a row that failed alike',
  identical_results: 'identical calls in a row with one result',
  alternating: 'calls in rounds of the same ones',
  no_progress: 'calls in a row without progress',
};

/**
 * A run that goes in circles: one finding for each way and each tool of a run, however long it lasts, however often it
 * returns, and whether the agent's guard or the companion saw it.
 */
export function loopFinding(context: FindingContext, loop: SeenLoop): Finding {
  const tool = context.tool ?? 'unknown';
  const key = `loop:${loop.kind}:${tool}`;
  return {
    ...common(context, 'loop', loop.kind === 'no_progress' ? 'sev4' : 'sev3', key),
    id: findingId('loop', context.run ?? context.traceId ?? '', key),
    tool,
    rule: `loop.${loop.kind}`,
    fingerprintParts: ['loop', context.agent, tool, loop.kind],
    summary: `${plainName(tool)} of ${plainName(context.agent)} goes in circles: ${loop.calls} ${LOOP_TEXT[loop.kind]}`,
    value: loop.calls,
  };
}

/** A run that failed as a whole, as its line tells it. */
export interface FailedRun {
  readonly trajectoryId: string;
  readonly outcome: RunOutcome;
  /** `error.type` of the topmost span, where that says it. */
  readonly errorType: string | undefined;
}

/** A run that failed and no tool call of it: one finding a run, the same for every revision of its line. */
export function runFailureFinding(context: FindingContext, run: FailedRun): Finding {
  const { basis, rule, outcome } = run.outcome;
  const why = basis === 'root_error' ? (run.errorType ?? basis) : rule;
  return {
    ...common(context, 'run_failure', 'sev3', 'run'),
    id: findingId('run_failure', run.trajectoryId, 'run'),
    rule,
    fingerprintParts: ['run_failure', context.agent, basis, why],
    summary: `a run of ${plainName(context.agent)} ended as ${outcome}: ${plainName(why)}`,
  };
}

/** A decision that changed what the agent would have done; `undefined` for those that changed nothing. */
export function decisionFinding(
  context: FindingContext,
  decision: RecordedDecision,
): Finding | undefined {
  if (decision.action === 'allow' || decision.action === 'flag') return undefined;
  const tool = decision.tool ?? context.tool ?? 'unknown';
  const agent = decision.agent ?? context.agent;
  const rule = ruleOf(decision);
  return {
    ...common(
      { ...context, agent },
      'decision',
      decisionSeverity(decision),
      `decision:${decision.id}`,
    ),
    tool,
    rule,
    fingerprintParts: ['decision', agent, tool, rule],
    summary: `${plainName(tool)} of ${plainName(agent)}: ${decision.action} by ${decision.source} (${plainName(rule)})`,
  };
}

/** A rule may have any name; only a containment's own decision is told as one's. */
function ruleOf({ rule, source }: RecordedDecision): string {
  if (source === 'containment') return rule ?? source;
  return rule === 'containment' ? `${source}.${rule}` : (rule ?? source);
}

/** A breaker that opened. */
export interface OpenedCircuit {
  readonly rule: string;
  readonly mode: string;
}

/** The circuit of a tool opened: the rule had seen too many failures of it. In shadow nothing is refused by it. */
export function circuitFinding(context: FindingContext, circuit: OpenedCircuit): Finding {
  const tool = context.tool ?? 'unknown';
  const { rule, mode } = circuit;
  return {
    ...common(
      context,
      'circuit_open',
      mode === 'shadow' ? 'sev4' : 'sev3',
      `circuit:${rule}:${tool}:${context.at}`,
    ),
    tool,
    rule,
    fingerprintParts: ['circuit_open', context.agent, tool, rule],
    summary: `the circuit of ${plainName(tool)} opened for ${plainName(context.agent)} (${plainName(rule)})${mode === 'shadow' ? ', in shadow' : ''}`,
  };
}

/**
 * A call that policy refused is worth a look at once. What went as someone had planned it (changed, asked about, stopped
 * by a containment that stands) is worth one when it keeps coming.
 */
function decisionSeverity({ action, source }: RecordedDecision): Severity {
  const refused = action === 'block' || action === 'quarantine';
  return refused && source !== 'containment' ? 'sev3' : 'sev4';
}

/** A person's act on a decision. Approvals that were asked for are findings too: someone had to look. */
export function overrideFinding(context: FindingContext, override: RecordedOverride): Finding {
  const agent = override.agent ?? context.agent;
  const tool = override.prior?.tool ?? context.tool;
  return {
    ...common({ ...context, agent }, 'override', 'sev3', `override:${override.id}`),
    ...(tool === undefined ? {} : { tool }),
    fingerprintParts: ['override', agent, tool ?? '', override.kind, override.decision],
    summary: `${override.kind} by ${plainName(override.actor.id)}: ${override.decision}${tool === undefined ? '' : ` ${plainName(tool)}`} of ${plainName(agent)}`,
  };
}

/**
 * One tool call is one key, whether its span or its event tells of it: events stand in the context of their call's
 * span. Call ids come second, since models are known to use one twice, except where the events stand elsewhere.
 */
function callKey({ spanId, toolCallId, isKnownById }: FindingContext): string {
  const [first, second] = isKnownById === true ? [toolCallId, spanId] : [spanId, toolCallId];
  return `call:${first ?? second ?? ''}`;
}

function findingId(kind: Finding['kind'], place: string, key: string): string {
  return `fnd_${sha256Hex(`${kind}|${place}|${key}`).slice(0, 32)}`;
}

function common(
  context: FindingContext,
  kind: Finding['kind'],
  severityHint: Severity,
  key: string,
): Omit<Finding, 'fingerprintParts' | 'summary'> {
  const { run, conversation, environment, traceId, spanId, trajectoryId } = context;
  return {
    id: findingId(kind, traceId ?? run ?? '', key),
    at: context.at,
    kind,
    detector: DETECTOR,
    ...(run === undefined ? {} : { run }),
    ...(conversation === undefined ? {} : { conversation }),
    agent: context.agent,
    ...(environment === undefined ? {} : { environment }),
    severityHint,
    evidence: [
      {
        ...(traceId === undefined ? {} : { traceId }),
        ...(spanId === undefined ? {} : { spanId }),
        ...(trajectoryId === undefined ? {} : { trajectoryId }),
      },
    ],
  };
}

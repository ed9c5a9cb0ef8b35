import { durationText } from '@aftertrace/console';
import type { AtifStep, AtifToolCall, Decision } from '@aftertrace/schema';

import { sanitize } from '../terminal/sanitize.ts';
import type { Style } from '../terminal/style.ts';
import { renderText, type TextLimits } from './render-text.ts';
import { decisionIdOf, decisionText } from './decision-text.ts';

type Result = NonNullable<AtifStep['observation']>['results'][number];
type KnownDecision = Pick<Decision, 'id' | 'verdict' | 'action' | 'source'> & {
  readonly rule?: string | undefined;
  readonly reason?: string | undefined;
};

/** How to show a step. */
export interface StepOptions {
  readonly style: Style;
  readonly limits: TextLimits;
  /** The sub-agent whose step it is. */
  readonly agent?: string | undefined;
}

/** A step: who said what, which tools were called with what, and what became of each call. */
export function renderStep(
  step: AtifStep,
  decisions: readonly KnownDecision[],
  { style, limits, agent }: StepOptions,
): readonly string[] {
  const results = step.observation?.results ?? [];
  const calls = step.tool_calls ?? [];
  const loose = results.filter(
    ({ source_call_id: id }) => !calls.some((call) => call.tool_call_id === id),
  );
  return [
    title(step, agent, style),
    ...renderText(step.reasoning_content ?? '', '     ', limits).map((line) => style.dim(line)),
    ...renderText(textOf(step.message), '     ', limits),
    ...calls.flatMap((call) => renderCall(call, { results, decisions, style, limits })),
    ...loose.flatMap((result) => renderText(textOf(result.content ?? ''), '       ', limits)),
  ];
}

function title(step: AtifStep, subAgent: string | undefined, style: Style): string {
  const ours = oursOf(step.extra);
  const agent = subAgent ?? ours?.['agent'];
  const duration = numberOf(ours?.['durationMillis']);
  const parts = [
    style.bold(`${String(step.step_id).padStart(3)}  ${step.source}`),
    step.timestamp === undefined ? undefined : style.dim(sanitize(step.timestamp.slice(11, 23))),
    step.model_name === undefined ? undefined : sanitize(step.model_name, 60),
    duration === undefined ? undefined : durationText(duration),
    step.metrics === undefined
      ? undefined
      : `${step.metrics.prompt_tokens ?? 0}+${step.metrics.completion_tokens ?? 0} tokens`,
    typeof agent === 'string' ? `agent ${sanitize(agent, 60)}` : undefined,
    step.is_copied_context === true ? style.dim('(from before this run)') : undefined,
  ];
  return parts.filter((part) => part !== undefined).join('  ');
}

interface CallContext extends StepOptions {
  readonly results: readonly Result[];
  readonly decisions: readonly KnownDecision[];
}

function renderCall(
  call: AtifToolCall,
  { results, decisions, style, limits }: CallContext,
): readonly string[] {
  const result = results.find(({ source_call_id: id }) => id === call.tool_call_id);
  const decisionId = decisionIdOf(call.extra);
  const decision = decisions.find(({ id }) => id === decisionId);
  const args = JSON.stringify(call.arguments);
  return [
    `     > ${style.bold(sanitize(call.function_name, 80))} ${sanitize(args, limits.maxChars)}`,
    ...(decision === undefined ? [] : [`       ${decisionText(decision, style)}`]),
    ...(result === undefined
      ? [`       ${style.dim('no result')}`]
      : resultLines(result, { style, limits })),
  ];
}

function resultLines(result: Result, { style, limits }: StepOptions): readonly string[] {
  const ours = oursOf(result.extra);
  const outcome = recordOf(ours?.['outcome']);
  const kind = typeof outcome?.['outcome'] === 'string' ? outcome['outcome'] : 'unknown';
  const details = ['class', 'certainty', 'channel', 'rule'].flatMap((name) => {
    const value = outcome?.[name];
    return kind !== 'ok' && typeof value === 'string' ? [sanitize(value, 60)] : [];
  });
  const duration = numberOf(ours?.['durationMillis']);
  const shown =
    kind === 'ok'
      ? style.good(kind)
      : kind === 'failed'
        ? style.bad(kind)
        : style.notable(sanitize(kind, 40));
  const words = [
    shown,
    ...(details.length === 0 ? [] : [`(${details.join(', ')})`]),
    ...(duration === undefined ? [] : [durationText(duration)]),
  ];
  return [
    `       ${words.join('  ')}`,
    ...renderText(textOf(result.content ?? ''), '       ', limits),
  ];
}

function textOf(content: AtifStep['message']): string {
  if (typeof content === 'string') return content;
  return content.map((part) => part.text ?? `[${part.type} ${part.source?.path ?? ''}]`).join('\n');
}

function oursOf(
  extra: Readonly<Record<string, unknown>> | undefined,
): Record<string, unknown> | undefined {
  return recordOf(extra?.['aftertrace']);
}

function recordOf(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null
    ? (value as Record<string, unknown>)
    : undefined;
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

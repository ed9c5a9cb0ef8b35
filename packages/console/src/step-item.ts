import type { AtifStep, PlacedStep, Trajectory } from '@aftertrace/schema';

import { durationText, timeOfDay } from './format-time.ts';
import { html, type Content, type Html } from './html.ts';
import { longText, type PageLimits } from './long-text.ts';
import { contentText, toolCallSection } from './tool-call-section.ts';

/** What it takes to show a step. */
export interface StepContext {
  readonly trajectory: Trajectory;
  readonly limits: PageLimits;
}

/** A step: who said what, which tools were called with what, and what became of each call. */
export function stepItem({ step, document, depth }: PlacedStep, context: StepContext): Html {
  const { trajectory, limits } = context;
  const results = step.observation?.results ?? [];
  const calls = step.tool_calls ?? [];
  const ids = new Set(calls.map((call) => call.tool_call_id));
  const loose = results.filter(({ source_call_id: id }) => id == null || !ids.has(id));
  const isInner = depth > 0;
  const isFailing =
    !isInner && step.step_id === trajectory.extra.aftertrace.outcome.firstFailingStep;
  const classes = [
    'step',
    step.source,
    ...(isInner ? ['inner'] : []),
    ...(isFailing ? ['failing'] : []),
  ];
  // Steps of a sub-agent are numbered anew: only the run's own have an address.
  const number = isInner
    ? html`${step.step_id}`
    : html`<a href="#step-${step.step_id}">${step.step_id}</a>`;
  const id = isInner ? undefined : html` id="step-${step.step_id}"`;
  return html`<li class="${classes.join(' ')}" ${id}>
    <h3>
      ${number} ${step.source}${isInner ? html` <code>${document.agent.name}</code>` : undefined}
      ${stepMeta(step)}
    </h3>
    ${
      step.reasoning_content === undefined
        ? undefined
        : html`<p class="meta">Reasoning</p>
            ${longText(step.reasoning_content, limits)}`
    }${longText(contentText(step.message), limits)}${calls.map((call) =>
      toolCallSection(call, { results, trajectory, limits }),
    )}${loose.map(({ content }) => longText(contentText(content), limits))}
  </li>`;
}

function stepMeta(step: AtifStep): Content {
  const ours = step.extra?.['aftertrace'] as Readonly<Record<string, unknown>> | undefined;
  const duration = ours?.['durationMillis'];
  const agent = ours?.['agent'];
  const parts: readonly Content[] = [
    timeOfDay(step.timestamp),
    step.model_name,
    typeof duration === 'number' ? durationText(duration) : undefined,
    step.metrics === undefined
      ? undefined
      : `${step.metrics.prompt_tokens ?? 0} + ${step.metrics.completion_tokens ?? 0} tokens`,
    typeof agent === 'string' ? `agent ${agent}` : undefined,
    step.is_copied_context === true ? 'from before this run' : undefined,
  ].filter((part) => part !== undefined);
  return html`<span class="meta"
    >${parts.flatMap((part, index) => (index === 0 ? [part] : [' · ', part]))}</span
  >`;
}

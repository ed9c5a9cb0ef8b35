import {
  ObservationExtra,
  type AtifObservationResult,
  type AtifStep,
  type AtifToolCall,
  type Trajectory,
} from '@aftertrace/schema';

import { toolOutcomeBadge } from './badge.ts';
import { callExtraOf, decisionNote, overrideNote } from './decision-notes.ts';
import { durationText } from './format-time.ts';
import { html, type Content, type Html } from './html.ts';
import { jsonText } from './json-text.ts';
import { longText, type PageLimits } from './long-text.ts';

interface CallContext {
  /** Of the step that the call stands in. */
  readonly results: readonly AtifObservationResult[];
  readonly trajectory: Trajectory;
  readonly limits: PageLimits;
}

/** A tool call: with what, what policy and people said, what became of it. */
export function toolCallSection(call: AtifToolCall, context: CallContext): Html {
  const { results, trajectory, limits } = context;
  const { decisions, overrides } = trajectory.extra.aftertrace;
  const { spanId, decision: decisionId } = callExtraOf(call.extra);
  const result = results.find(({ source_call_id: id }) => id === call.tool_call_id);
  const { outcome, durationMillis } =
    ObservationExtra.safeParse(result?.extra?.['aftertrace']).data ?? {};
  const words: readonly Content[] = [
    ...(outcome === undefined || outcome.outcome === 'ok'
      ? []
      : [
          outcome.class,
          outcome.certainty,
          outcome.channel,
          outcome.rule,
          outcome.evidence?.pointer,
        ]),
    durationMillis === undefined ? undefined : durationText(durationMillis),
  ].filter((word) => word !== undefined);
  const decided = decisions.filter(({ id }) => id === decisionId);
  const overruled = overrides.filter((each) => spanId !== undefined && each.spanId === spanId);
  return html`<section class="call ${outcome?.outcome ?? 'unknown'}">
    <h4>
      <code>${call.function_name}</code> ${
        outcome === undefined ? undefined : toolOutcomeBadge(outcome.outcome)
      }
      <span class="meta"
        >${words.flatMap((word, index) => (index === 0 ? [word] : [' · ', word]))}</span
      >
    </h4>
    ${decided.map((each) =>
      decisionNote({ ...each, tool: undefined }),
    )}${overruled.map((each) => overrideNote(each))}
    <dl class="io">
      <div>
        <dt>Arguments</dt>
        <dd>${longText(jsonText(call.arguments), limits)}</dd>
      </div>
      <div>
        <dt>Result</dt>
        <dd>${resultOf(result, limits)}</dd>
      </div>
    </dl>
  </section>`;
}

function resultOf(result: AtifObservationResult | undefined, limits: PageLimits): Content {
  if (result === undefined) return 'none came';
  const text = contentText(result.content);
  return text === '' ? 'empty, or not recorded' : longText(text, limits);
}

/** The text of a message; other parts by their kind and file. */
export function contentText(content: AtifStep['message'] | null | undefined): string {
  if (content === null || content === undefined) return '';
  if (typeof content === 'string') return content;
  return content.map((part) => part.text ?? `[${part.type} ${part.source?.path ?? ''}]`).join('\n');
}

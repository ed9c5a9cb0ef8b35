import type { AtifStep, ContentMode } from '@aftertrace/schema';

import type { InSteps } from '../in-steps.ts';
import { bounded } from './map-value.ts';
import type { ContentPlace } from './redaction-config.ts';
import type { Redactor } from './redactor.ts';

/** What happens to every piece of content of a line. */
export interface ContentFilter {
  readonly text: (text: string, place?: ContentPlace) => string;
  readonly value: (value: unknown, place?: ContentPlace) => unknown;
  /** `false`: no content at all. */
  readonly keeps: boolean;
}

/** The filter of a content mode. */
export function contentFilter(mode: ContentMode, redactor: Redactor): ContentFilter {
  switch (mode) {
    case 'full':
      return { text: (text) => text, value: bounded, keeps: true };
    case 'redacted':
      return { text: redactor.text, value: redactor.value, keeps: true };
    case 'none':
      return { text: () => '', value: () => undefined, keeps: false };
  }
}

/**
 * The steps with their content filtered; names, ids, outcomes, times and numbers of tokens stay as they are, and so does
 * every part in which nothing is removed.
 */
export function* filterSteps(
  steps: readonly AtifStep[],
  filter: ContentFilter,
): InSteps<AtifStep[]> {
  const filtered: AtifStep[] = [];
  for (const step of steps) {
    const next = filterStep(step, filter);
    filtered.push(filter.keeps ? next : withoutReasoning(next));
    yield;
  }
  return filtered;
}

function filterStep(step: AtifStep, filter: ContentFilter): AtifStep {
  const { message, reasoning_content: reasoning, tool_calls: calls, observation, extra } = step;
  const results = observation?.results;
  const next = {
    message: typeof message === 'string' ? filter.text(message, 'message') : message,
    reasoning: reasoning === undefined ? undefined : filter.text(reasoning, 'reasoning'),
    calls: calls && mapped(calls, (call) => filterCall(call, filter)),
    results: results && mapped(results, (result) => filterResult(result, filter)),
    extra: extra && filterExtra(extra, filter),
  };
  const isSame =
    next.message === message &&
    next.reasoning === reasoning &&
    next.calls === calls &&
    next.results === results &&
    next.extra === extra;
  if (isSame) return step;
  return {
    ...step,
    message: next.message,
    ...(next.reasoning === undefined ? {} : { reasoning_content: next.reasoning }),
    ...(next.calls === undefined ? {} : { tool_calls: next.calls }),
    ...(next.results === undefined ? {} : { observation: { results: next.results } }),
    ...(next.extra === undefined ? {} : { extra: next.extra }),
  };
}

/** The items mapped: the very same list where none changed. */
function mapped<Item>(items: Item[], map: (item: Item) => Item): Item[] {
  const next = items.map(map);
  return next.every((item, index) => item === items[index]) ? items : next;
}

/** The message of an error may quote anything; its type says enough where no content is kept. */
function filterExtra(
  extra: NonNullable<AtifStep['extra']>,
  filter: ContentFilter,
): NonNullable<AtifStep['extra']> {
  const ours = extra['aftertrace'] as
    | { readonly error?: { readonly type: string; readonly message?: string } }
    | undefined;
  const error = ours?.error;
  if (error?.message === undefined) return extra;
  const message = filter.keeps ? { message: filter.text(error.message) } : {};
  return { ...extra, aftertrace: { ...ours, error: { type: error.type, ...message } } };
}

function withoutReasoning(step: AtifStep): AtifStep {
  const { reasoning_content: _left, ...rest } = step;
  return rest;
}

type Call = NonNullable<AtifStep['tool_calls']>[number];
type Result = NonNullable<AtifStep['observation']>['results'][number];

function filterCall(call: Call, filter: ContentFilter): Call {
  const ours = call.extra?.['aftertrace'] as Readonly<Record<string, unknown>> | undefined;
  const proposed = ours?.['proposedArguments'];
  const next = {
    arguments: filter.keeps ? filter.value(call.arguments, 'arguments') : {},
    proposed: proposed === undefined ? undefined : filter.value(proposed, 'arguments'),
  };
  if (next.arguments === call.arguments && next.proposed === proposed) return call;
  const { proposedArguments: _left, ...rest } = ours ?? {};
  return {
    ...call,
    arguments: next.arguments as Record<string, unknown>,
    ...(ours === undefined
      ? {}
      : {
          extra: {
            aftertrace:
              next.proposed === undefined ? rest : { ...rest, proposedArguments: next.proposed },
          },
        }),
  };
}

function filterResult(result: Result, filter: ContentFilter): Result {
  const { content } = result;
  if (!filter.keeps) {
    const { content: _left, ...rest } = result;
    return withoutExcerpt(rest);
  }
  if (typeof content !== 'string') return result;
  const text = filter.text(content, 'result');
  return text === content ? result : { ...result, content: text };
}

/** Evidence may quote the result; where no content is kept, the quotation goes too. */
function withoutExcerpt(result: Result): Result {
  const ours = result.extra?.['aftertrace'] as
    | { readonly outcome?: { readonly evidence?: object } }
    | undefined;
  if (ours?.outcome?.evidence === undefined) return result;
  const { excerpt: _left, ...evidence } = ours.outcome.evidence as Record<string, unknown>;
  return { ...result, extra: { aftertrace: { ...ours, outcome: { ...ours.outcome, evidence } } } };
}

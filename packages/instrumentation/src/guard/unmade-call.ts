import type { ToolOutcome } from '@aftertrace/schema';
import { GenAi } from '@aftertrace/schema/names';

import {
  addToolContent,
  tellToolOutcome,
  endToolSpan,
  openToolSpan,
  type ToolSpanFacts,
} from '../spans/tool-span.ts';
import type { GuardOptions } from './guard.ts';
import {
  judge,
  judgeUnmade,
  UNSEEN,
  UNSEEN_OUTCOME,
  type JudgeInput,
  type Settled,
} from './judge.ts';
import { seeLoop } from './see-loop.ts';
import type { ToolCall } from './tool-call.ts';

/**
 * Records a call that its framework answered with an error instead of making it: an unknown tool, arguments that do not
 * fit. It counts as a failed call of its run, with a span of no length and its event; nothing is decided about it, as
 * nothing would have run.
 */
export function recordUnmadeCall(options: GuardOptions, call: ToolCall, error: unknown): void {
  recordInstant(options, call, {
    error,
    judge: (input) => judgeUnmade(input, error),
  });
}

/** Records a call that the model's provider has run: it is over when we learn of it, so that its span has no length. */
export function recordSeenCall(options: GuardOptions, call: ToolCall, settled: Settled): void {
  recordInstant(options, call, {
    error: settled.kind === 'threw' ? settled.error : undefined,
    result: settled.kind === 'returned' ? settled.value : undefined,
    judge: (input) =>
      settled.kind === 'returned' && settled.value === UNSEEN
        ? UNSEEN_OUTCOME
        : judge({ ...input, settled, cancelled: false }),
  });
}

/** How a call ended of which only the end is known. */
interface KnownEnd {
  readonly error?: unknown;
  readonly result?: unknown;
  judge(input: Omit<JudgeInput, 'settled' | 'cancelled'>): ToolOutcome;
}

function recordInstant(options: GuardOptions, call: ToolCall, known: KnownEnd): void {
  const { captureContent, diagnostics, instance, now } = options;
  const { tool, toolCallId, description, scope } = call;
  const { error, result } = known;
  scope.run.toolCalls += 1;
  diagnostics.protect(
    'guard.instant_call',
    () => {
      const facts: ToolSpanFacts = {
        tool,
        toolCallId,
        description,
        scope,
        instance,
      };
      const span = openToolSpan(facts, call.context, now());
      if (captureContent) {
        addToolContent(span.span, GenAi.TOOL_CALL_ARGUMENTS, call.arguments);
        addToolContent(span.span, GenAi.TOOL_CALL_RESULT, contentOf(result));
      }
      const { profiles } = options.link.inForce().policy ?? {};
      const judged = { tool, arguments: call.arguments, captureContent, profiles, diagnostics };
      const outcome = known.judge(judged);
      const finished = { tool, arguments: call.arguments, outcome, result };
      const end = { outcome, error, loop: seeLoop(scope.run, finished) };
      tellToolOutcome(facts, span, end);
      endToolSpan(span, end);
    },
    undefined,
  );
}

function contentOf(result: unknown): unknown {
  return result === UNSEEN ? undefined : result;
}

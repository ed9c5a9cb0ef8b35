import type { WrapSite } from '../../../load-hook/target.ts';
import type { Runtime } from '../../../runtime.ts';
import type { AnyFunction } from '../../framework.ts';
import { wrapGenerateText, wrapStreamText, type Prepare } from '../entry.ts';
import { wrapExecuteToolCall } from '../execute-tool-call.ts';
import type { CallOptions, Message, StartEvent } from '../types.ts';
import { wrapResolveModel } from './follow-model.ts';
import { callOfTools, followTools } from './follow-tools.ts';
import { wrapParseToolCall } from './parse-tool-call.ts';
import { wrapRecordError, wrapRecordSpan } from './record-span.ts';
import type { LanguageModel } from './types.ts';

/** The AI SDK 5 and 6. */
export function wrapBefore7(
  runtime: Runtime,
  site: WrapSite,
  original: AnyFunction,
): AnyFunction | undefined {
  switch (site.symbol) {
    case 'generateText':
      return wrapGenerateText(runtime, original, prepareFor(runtime, site));
    case 'streamText':
      return wrapStreamText(runtime, original, prepareFor(runtime, site));
    case 'resolveLanguageModel':
      return wrapResolveModel(runtime, original);
    case 'parseToolCall':
      return wrapParseToolCall(runtime, original);
    case 'recordSpan':
      return wrapRecordSpan(runtime, original);
    case 'recordErrorOnSpan':
      return wrapRecordError(original);
    case 'executeToolCall':
      return wrapExecuteToolCall(runtime, original, ({ tools }) => callOfTools(tools)?.invocation);
    default:
      return undefined;
  }
}

function prepareFor(runtime: Runtime, { version }: WrapSite): Prepare {
  const guards = version.startsWith('5.');
  return (options, pending) =>
    runtime.diagnostics.protect(
      'ai_sdk.prepare',
      () => {
        pending.start = startOf(options);
        pending.isAborted = () => options.abortSignal?.aborted === true;
        const { tools } = options;
        if (typeof tools !== 'object' || tools === null) return options;
        return { ...options, tools: followTools(runtime, tools, pending, guards) };
      },
      options,
    );
}

function startOf({ model, system, prompt, messages }: CallOptions): StartEvent {
  const id = typeof model === 'string' ? model : (model as LanguageModel | undefined)?.modelId;
  const given = messages ?? prompt;
  return {
    ...(id === undefined ? {} : { modelId: id }),
    ...(system === undefined ? {} : { instructions: system }),
    messages: Array.isArray(given)
      ? (given as readonly Message[])
      : [{ role: 'user', content: given }],
  };
}

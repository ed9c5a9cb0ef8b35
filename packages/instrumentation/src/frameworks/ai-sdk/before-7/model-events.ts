import type { ModelCallEndEvent, ModelCallStartEvent, Usage } from '../types.ts';
import type { GenerateResult, LanguageModel, ModelOptions, StreamPart } from './types.ts';

/** A model call in the words of `ai` 7. */
export function startEvent(model: LanguageModel, options: ModelOptions): ModelCallStartEvent {
  const { prompt, tools, maxOutputTokens, temperature, topP, topK } = options;
  return {
    ...present('provider', model.provider),
    ...present('modelId', model.modelId),
    ...present('messages', prompt),
    ...present('tools', tools),
    ...present('maxOutputTokens', maxOutputTokens),
    ...present('temperature', temperature),
    ...present('topP', topP),
    ...present('topK', topK),
  };
}

/** What a model gave in one piece. */
export function endEvent(result: GenerateResult): ModelCallEndEvent {
  return {
    ...present('modelId', result.response?.modelId),
    ...present('responseId', result.response?.id),
    ...present('finishReason', finishReasonOf(result.finishReason)),
    ...present('usage', usageOf(result.usage)),
    ...present('content', result.content),
  };
}

/** Gathers what a stream's parts tell. Texts are kept only where they are recorded. */
export function createStreamEvents(keepsContent: boolean): {
  readonly see: (part: StreamPart) => void;
  readonly end: () => ModelCallEndEvent;
} {
  const result: { -readonly [Key in keyof GenerateResult]: GenerateResult[Key] } = {};
  const content: StreamPart[] = [];
  let text = '';
  return {
    see: (part) => {
      switch (part['type']) {
        case 'response-metadata':
          result.response = part;
          return;
        case 'finish':
          result.finishReason = part['finishReason'];
          result.usage = part['usage'];
          return;
        case 'text-delta':
          if (keepsContent) text += String(part['delta']);
          return;
        case 'tool-call':
          if (keepsContent) content.push(part);
      }
    },
    end: () => {
      if (!keepsContent) return endEvent(result);
      const said = text === '' ? [] : [{ type: 'text', text }];
      return endEvent({ ...result, content: [...said, ...content] });
    },
  };
}

/** 5 tells a word, 6 `{unified, raw}`. */
function finishReasonOf(value: unknown): string | undefined {
  const word = isRecord(value) ? value['unified'] : value;
  return typeof word === 'string' ? word : undefined;
}

/** 5 tells numbers, 6 `{total, cacheRead}` and `{total, reasoning}`. */
function usageOf(value: unknown): Usage | undefined {
  if (!isRecord(value)) return undefined;
  const { inputTokens: input, outputTokens: output } = value;
  return {
    inputTokens: number(isRecord(input) ? input['total'] : input),
    outputTokens: number(isRecord(output) ? output['total'] : output),
    inputTokenDetails: {
      cacheReadTokens: number(isRecord(input) ? input['cacheRead'] : value['cachedInputTokens']),
    },
    outputTokenDetails: {
      reasoningTokens: number(isRecord(output) ? output['reasoning'] : value['reasoningTokens']),
    },
  };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function number(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

function present<Key extends string, Value>(
  key: Key,
  value: Value | undefined,
): { [Name in Key]?: Value } {
  return value === undefined ? {} : ({ [key]: value } as { [Name in Key]?: Value });
}

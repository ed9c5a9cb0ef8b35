import { fieldsOf, listOf, text, type Fields } from './fields.ts';
import type { Judged } from './rewrite-responses.ts';

/**
 * Where the provider keeps the conversation, it still has the call that the application never got, and waits for its output:
 * the next request brings it, with the refusal.
 */
export interface Refusals {
  /** What was refused of an answer. */
  note(answer: Fields, judged: Judged): void;
  /** The request, with the outputs that the provider waits for; once each. */
  told(body: Fields, conversation: string | undefined): Fields;
}

/** Answers that are remembered; of the oldest the application is told by the provider that an output is missing. */
const LIMIT = 1000;

export function createRefusals(): Refusals {
  const waiting = new Map<string, readonly Fields[]>();
  const keep = (key: string | undefined, outputs: readonly Fields[]): void => {
    if (key === undefined) return;
    const [oldest] = waiting.keys();
    if (waiting.size >= LIMIT && oldest !== undefined) waiting.delete(oldest);
    waiting.set(key, [...(waiting.get(key) ?? []), ...outputs]);
  };
  return {
    note: (answer, { items, verdicts }) => {
      const outputs = items.flatMap((item, index) => {
        const verdict = verdicts[index];
        return verdict?.kind === 'refused' ? outputOf(item, verdict.message) : [];
      });
      if (outputs.length === 0) return;
      const { conversation } = answer;
      const kept = text(conversation) ?? text(fieldsOf(conversation)['id']);
      keep(kept ?? text(answer['id']), outputs);
    },
    told: (body, conversation) => {
      if (waiting.size === 0) return body;
      const key = conversation ?? text(body['previous_response_id']);
      const outputs = key === undefined ? undefined : waiting.get(key);
      if (key === undefined || outputs === undefined) return body;
      waiting.delete(key);
      const { input } = body;
      const own = typeof input === 'string' ? [{ role: 'user', content: input }] : listOf(input);
      return { ...body, input: [...outputs, ...own] };
    },
  };
}

/** Of the kinds whose output is a text: others have nothing that says no. */
function outputOf(item: Fields, output: string): readonly Fields[] {
  const { type, call_id } = item;
  if (type !== 'function_call' && type !== 'custom_tool_call') return [];
  return [{ type: `${type}_output`, call_id, output }];
}

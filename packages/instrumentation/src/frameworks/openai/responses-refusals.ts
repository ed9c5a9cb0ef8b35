import type { Exchange } from '../../model/endpoint.ts';
import { fieldsOf, listOf, text, type Fields } from '../../model/fields.ts';
import { withoutForce } from './refused-calls.ts';
import { refusalItem } from './responses-items.ts';
import type { Judged } from './rewrite-responses.ts';

/**
 * What the application never got and the model must know. Where the provider keeps the conversation, it waits for the output
 * of a call that was refused: the next request brings it. Where the application does, its words in place of the call become
 * the call and its output again.
 */
export interface Refusals {
  /** What was refused of an answer. */
  note(answer: Fields, judged: Judged): void;
  /** The application knows an answer by the id of one that it follows on. */
  followed(first: string | undefined, last: string | undefined): void;
  /** The request with what was refused; the very same where nothing was. */
  told(body: Fields): Fields;
}

/** Answers, and calls, that are remembered. */
const LIMIT = 1000;

export function createRefusals(): Refusals {
  const waiting = new Map<string, readonly Fields[]>();
  const replaced = new Map<string, readonly Fields[]>();
  const lastOf = new Map<string, string>();
  return {
    followed: (first, last) => {
      if (first !== undefined && last !== undefined) remember(lastOf, first, last);
    },
    note: (answer, { items, verdicts }) => {
      const outputs: Fields[] = [];
      for (const [index, item] of items.entries()) {
        const verdict = verdicts[index];
        if (verdict?.kind !== 'refused') continue;
        const output = outputOf(item, verdict.message);
        outputs.push(...output);
        const { id } = refusalItem(item, '');
        const key = text(id);
        if (output.length > 0 && key !== undefined) remember(replaced, key, [item, ...output]);
      }
      if (outputs.length === 0) return;
      keep(waiting, conversationOf(answer) ?? text(answer['id']), outputs);
    },
    told: (given) => {
      const previous = lastOf.get(text(given['previous_response_id']) ?? '');
      const body = previous === undefined ? given : { ...given, previous_response_id: previous };
      if (replaced.size === 0) return body;
      const key = conversationOf(body) ?? text(body['previous_response_id']);
      const outputs = key === undefined ? undefined : waiting.get(key);
      if (key !== undefined && outputs !== undefined) {
        // An answer may be followed on more than once, and a request fail: it waits each time. A conversation has it then.
        if (conversationOf(body) !== undefined) waiting.delete(key);
        return { ...body, input: [...outputs, ...inputOf(body)] };
      }
      const input = inputOf(body);
      const told = input.flatMap((item) => replaced.get(text(item['id']) ?? '') ?? [item]);
      return told.length === input.length ? body : { ...body, input: told };
    },
  };
}

function keep(
  map: Map<string, readonly Fields[]>,
  key: string | undefined,
  items: readonly Fields[],
): void {
  if (key !== undefined) remember(map, key, [...(map.get(key) ?? []), ...items]);
}

function remember<V>(map: Map<string, V>, key: string, value: V): void {
  const [oldest] = map.keys();
  if (map.size >= LIMIT && oldest !== undefined) map.delete(oldest);
  map.set(key, value);
}

/** The conversation that the provider keeps. */
export function conversationOf(body: Fields): string | undefined {
  const { conversation } = body;
  return text(conversation) ?? text(fieldsOf(conversation)['id']);
}

function inputOf({ input }: Fields): readonly Fields[] {
  return typeof input === 'string' ? [{ role: 'user', content: input }] : listOf(input);
}

/** Of the kinds whose output is a text: others have nothing that says no. */
function outputOf(item: Fields, output: string): readonly Fields[] {
  const { type, call_id } = item;
  if (type !== 'function_call' && type !== 'custom_tool_call') return [];
  return [{ type: `${type}_output`, call_id, output }];
}

/** The request that tells the model what was refused, where that is all it asked for; undefined: the application gets the rest. */
export function askedAgain(
  { body, mayAskAgain }: Exchange,
  output: readonly Fields[],
  { items, verdicts }: Judged,
): Fields | undefined {
  if (!mayAskAgain) return undefined;
  const outputs = items.flatMap((item, index) => {
    const verdict = verdicts[index];
    return verdict?.kind === 'refused' ? outputOf(item, verdict.message) : [];
  });
  if (outputs.length === 0 || outputs.length < items.length) return undefined;
  // What the provider keeps has the answer already.
  const before = conversationOf(body) === undefined ? [...inputOf(body), ...output] : [];
  return { ...body, input: [...before, ...outputs], ...withoutForce(body) };
}

import { createHash, type Hash } from 'node:crypto';

import type { Exchange } from '../../model/endpoint.ts';
import { fieldsOf, listOf, type Fields } from '../../model/fields.ts';
import { applied, askedCall, asMembers, resultMessage, type Judged } from './rewrite-chat.ts';

/**
 * Calls that were refused beside others that were not: the application's messages do not have them, and the model would not
 * know that it asked. They are put back into each next request, with the refusal as their result.
 */
export interface RefusedCalls {
  /** What was refused of an answer; `asked`: the request that the application made for it, as it was sent. */
  note(asked: Fields, judged: Judged): void;
  /** The request with what was refused; the very same where nothing was. */
  told(body: Fields): Fields;
}

/** Answers that are remembered. */
const LIMIT = 1000;

export function createRefusedCalls(): RefusedCalls {
  /** By all that came before the answer and the calls that were kept: ids alone repeat between conversations. */
  const known = new Map<string, Judged>();
  return {
    note: (asked, judged) => {
      const { kept } = applied(judged);
      if (kept.length === 0 || judged.verdicts.every(({ kind }) => kind !== 'refused')) return;
      const before = createHash('sha256');
      for (const message of listOf(asked['messages'])) add(before, message);
      const key = keyOf(before, kept);
      const [oldest] = known.keys();
      if (known.size >= LIMIT && oldest !== undefined) known.delete(oldest);
      known.set(key, judged);
    },
    told: (body) => {
      if (known.size === 0) return body;
      const messages = listOf(body['messages']);
      const before = createHash('sha256');
      const told = messages.flatMap((message) => {
        const own = listOf(message['tool_calls']);
        const judged = own.length === 0 ? undefined : known.get(keyOf(before, own));
        const said = judged === undefined ? [message] : restored(message, own, judged);
        for (const each of said) add(before, each);
        return said;
      });
      return told.length === messages.length ? body : { ...body, messages: told };
    },
  };
}

function add(before: Hash, message: Fields): void {
  before.update(`${JSON.stringify(message)}\n`);
}

function keyOf(before: Hash, kept: readonly Fields[]): string {
  const calls = kept.map((call) => askedCall(call) ?? null);
  return before.copy().update(JSON.stringify(calls)).digest('base64');
}

/** The message as the model wrote it, and what was refused of it; the calls that were kept are the application's. */
function restored(message: Fields, own: readonly Fields[], judged: Judged): readonly Fields[] {
  const byId = new Map(own.map((call) => [call['id'], call]));
  const calls = judged.calls.flatMap((call, index) => {
    const kept = byId.get(call['id']);
    return kept ?? (judged.verdicts[index]?.kind === 'refused' ? [call] : []);
  });
  return [{ ...message, tool_calls: calls }, ...refusals(judged)];
}

/** Results of the calls that were refused. */
function refusals({ calls, verdicts }: Judged): readonly Fields[] {
  return calls.flatMap((call, index) => {
    const verdict = verdicts[index];
    if (verdict?.kind !== 'refused') return [];
    return [resultMessage(call, verdict.message)];
  });
}

/** The request that tells the model what was refused, where that is all it asked for; undefined: the application gets the rest. */
export function askedAgain(
  { body, mayAskAgain }: Exchange,
  message: Fields,
  judged: Judged,
): Fields | undefined {
  const { calls, verdicts } = judged;
  if (!mayAskAgain || !verdicts.every(({ kind }) => kind === 'refused')) return undefined;
  const { content } = message;
  const said = { role: 'assistant', content: content ?? null, ...asMembers(calls) };
  const messages = [...listOf(body['messages']), said, ...refusals(judged)];
  return { ...body, messages, ...withoutForce(body) };
}

/** A choice that demands a call would make the model ask for the same again. */
export function withoutForce({ tool_choice: choice, function_call: old }: Fields): Fields {
  const { type } = fieldsOf(choice);
  const isForced = choice === 'required' || (type !== undefined && type !== 'allowed_tools');
  return {
    ...(isForced ? { tool_choice: 'auto' } : {}),
    ...(typeof old === 'object' && old !== null ? { function_call: 'auto' } : {}),
  };
}

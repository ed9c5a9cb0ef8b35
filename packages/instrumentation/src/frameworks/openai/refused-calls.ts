import type { Exchange } from './endpoint.ts';
import { fieldsOf, listOf, text, type Fields } from './fields.ts';
import type { Judged } from './rewrite-chat.ts';

/**
 * Calls that were refused beside others that were not: the application's messages do not have them, and the model would not
 * know that it asked. They are put back into each next request, with the refusal as their result.
 */
export interface RefusedCalls {
  /** What was refused of an answer. */
  note(judged: Judged): void;
  /** The request with what was refused; the very same where nothing was. */
  told(body: Fields): Fields;
}

/** Answers that are remembered. */
const LIMIT = 1000;

export function createRefusedCalls(): RefusedCalls {
  /** By the id of the first call that was kept. */
  const known = new Map<string, Judged>();
  return {
    note: (judged) => {
      const { calls, verdicts } = judged;
      const kept = calls.find((_call, index) => verdicts[index]?.kind !== 'refused');
      const key = text(kept?.['id']);
      if (key === undefined || verdicts.every(({ kind }) => kind !== 'refused')) return;
      const [oldest] = known.keys();
      if (known.size >= LIMIT && oldest !== undefined) known.delete(oldest);
      known.set(key, judged);
    },
    told: (body) => {
      if (known.size === 0) return body;
      const messages = listOf(body['messages']);
      const told = messages.flatMap((message) => {
        const own = listOf(message['tool_calls']);
        const judged = known.get(text(own[0]?.['id']) ?? '');
        return judged === undefined ? [message] : restored(message, own, judged);
      });
      return told.length === messages.length ? body : { ...body, messages: told };
    },
  };
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
    return [{ role: 'tool', tool_call_id: call['id'], content: verdict.message }];
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
  const said = { role: 'assistant', content: content ?? null, tool_calls: calls };
  const messages = [...listOf(body['messages']), said, ...refusals(judged)];
  return { ...body, messages, ...withoutForce(body) };
}

/** A choice that demands a call would make the model ask for the same again. */
export function withoutForce({ tool_choice: choice }: Fields): Fields {
  const { type } = fieldsOf(choice);
  const isForced = choice === 'required' || (type !== undefined && type !== 'allowed_tools');
  return isForced ? { tool_choice: 'auto' } : {};
}

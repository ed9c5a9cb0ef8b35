import { createHash, type Hash } from 'node:crypto';

import type { Exchange } from '../../model/endpoint.ts';
import { fieldsOf, listOf, text, type Fields } from '../../model/fields.ts';
import { applied, askedCall, type Judged } from './rewrite-messages.ts';

/**
 * Calls that were refused beside others that were not. The application has a text in their place; in each next request they
 * are calls again, with the refusal as their result, so that the model knows what it asked for and why it did not get it.
 */
export interface RefusedUses {
  /** What was refused of an answer; `asked`: the request that the application made for it, as it was sent. */
  note(asked: Fields, answer: Fields, judged: Judged): void;
  /** The application knows an answer by the id of one that it follows on. */
  followed(first: unknown, last: unknown): void;
  /** The request with what was refused; the very same where nothing was. */
  told(body: Fields): Fields;
}

/** Answers that are remembered. */
const LIMIT = 1000;

export function createRefusedUses(): RefusedUses {
  /** By all that came before the answer and the calls that were kept: ids alone repeat between conversations. */
  const known = new Map<string, Judged>();
  /** By the id of an answer that a thread goes on from: the provider has the answer as the model wrote it. */
  const threads = new Map<string, Judged>();
  const lastOf = new Map<string, string>();
  return {
    followed: (first, last) => {
      const [from, to] = [text(first), text(last)];
      if (from !== undefined && to !== undefined) remember(lastOf, from, to);
    },
    note: (asked, answer, judged) => {
      if (judged.verdicts.every(({ kind }) => kind !== 'refused')) return;
      const id = text(answer['id']);
      if (fieldsOf(asked['thread'])['type'] !== undefined && id !== undefined) {
        remember(threads, id, judged);
      }
      const kept = applied(judged.blocks, judged.verdicts).filter(isUse);
      if (kept.length === 0) return;
      const before = createHash('sha256');
      for (const message of listOf(asked['messages'])) add(before, message);
      remember(known, keyOf(before, kept), judged);
    },
    told: (given) => {
      const thread = fieldsOf(given['thread']);
      const first = text(thread['previous_message_id']);
      const previous = lastFrom(lastOf, first);
      const body =
        previous === first
          ? given
          : { ...given, thread: { ...thread, previous_message_id: previous } };
      const waiting = previous === undefined ? undefined : threads.get(previous);
      if (waiting !== undefined) return withResults(body, waiting);
      return known.size === 0 ? body : restored(body, known);
    },
  };
}

/** A model may be asked again more than once; ids that a server repeats must not lead in a circle. */
function lastFrom(
  lastOf: ReadonlyMap<string, string>,
  first: string | undefined,
): string | undefined {
  const seen = new Set<string>();
  let last = first;
  while (last !== undefined && !seen.has(last)) {
    seen.add(last);
    last = lastOf.get(last) ?? last;
  }
  return last;
}

function remember<V>(map: Map<string, V>, key: string, value: V): void {
  const [oldest] = map.keys();
  if (map.size >= LIMIT && oldest !== undefined) map.delete(oldest);
  map.set(key, value);
}

function isUse({ type }: Fields): boolean {
  return type === 'tool_use';
}

function add(before: Hash, message: Fields): void {
  before.update(`${JSON.stringify(message)}\n`);
}

function keyOf(before: Hash, kept: readonly Fields[]): string {
  const calls = kept.map((block) => askedCall(block) ?? null);
  return before.copy().update(JSON.stringify(calls)).digest('base64');
}

/** The whole conversation with the calls in the place of the texts. */
function restored(body: Fields, known: ReadonlyMap<string, Judged>): Fields {
  const before = createHash('sha256');
  let refused: Judged | undefined;
  let isChanged = false;
  const messages = listOf(body['messages']).map((given) => {
    let message = given;
    if (refused !== undefined && message['role'] === 'user') {
      message = { ...message, content: [...refusals(refused), ...blocksOf(message)] };
    }
    refused = undefined;
    const own = listOf(message['content']).filter(isUse);
    const judged = own.length === 0 ? undefined : known.get(keyOf(before, own));
    if (judged !== undefined) {
      refused = judged;
      isChanged = true;
      message = { ...message, content: asAsked(listOf(message['content']), judged) };
    }
    add(before, message);
    return message;
  });
  return isChanged ? { ...body, messages } : body;
}

/** The blocks of an answer as the model wrote them; the calls that were kept are the application's. */
function asAsked(own: readonly Fields[], { blocks, verdicts }: Judged): readonly Fields[] {
  const uses = blocks.filter((block) => askedCall(block) !== undefined);
  const refused = uses.filter((_, index) => verdicts[index]?.kind === 'refused');
  const said = new Set(refusals({ blocks, verdicts }).map(({ content }) => content));
  const others = own.filter((block) => !(block['type'] === 'text' && said.has(block['text'])));
  return [...others, ...refused];
}

/** Results of the calls that were refused. */
function refusals({ blocks, verdicts }: Judged): readonly Fields[] {
  const uses = blocks.filter((block) => askedCall(block) !== undefined);
  return uses.flatMap((block, index) => {
    const verdict = verdicts[index];
    if (verdict?.kind !== 'refused') return [];
    const { id } = block;
    return [{ type: 'tool_result', tool_use_id: id, content: verdict.message, is_error: true }];
  });
}

function blocksOf({ content }: Fields): readonly Fields[] {
  return typeof content === 'string' ? [{ type: 'text', text: content }] : listOf(content);
}

/** What a thread sends next answers every call of the answer before. */
function withResults(body: Fields, judged: Judged): Fields {
  const [first, ...rest] = listOf(body['messages']);
  const own = first?.['role'] === 'user' ? blocksOf(first) : [];
  const others = first === undefined || first['role'] === 'user' ? rest : [first, ...rest];
  const results = { role: 'user', content: [...refusals(judged), ...own] };
  return { ...body, messages: [results, ...others] };
}

/** The request that tells the model what was refused, where that is all it asked for; undefined: the application gets the rest. */
export function askedAgain(
  { body, mayAskAgain }: Exchange,
  answer: Fields,
  judged: Judged,
): Fields | undefined {
  if (!mayAskAgain || !judged.verdicts.every(({ kind }) => kind === 'refused')) return undefined;
  const results = { role: 'user', content: refusals(judged) };
  const choice = withoutForce(body);
  if (fieldsOf(body['thread'])['type'] !== undefined) {
    // What a thread was created with cannot be said again.
    const { system: _system, tools: _tools, ...more } = body;
    const thread = { type: 'continue', previous_message_id: answer['id'] };
    return { ...more, thread, messages: [results], ...choice };
  }
  const said = { role: 'assistant', content: judged.blocks };
  return { ...body, messages: [...listOf(body['messages']), said, results], ...choice };
}

/** A choice that demands a call would make the model ask for the same again. */
function withoutForce({ tool_choice: choice }: Fields): Fields {
  const { type, ...rest } = fieldsOf(choice);
  if (type !== 'any' && type !== 'tool') return {};
  const { name: _name, ...others } = rest;
  return { tool_choice: { ...others, type: 'auto' } };
}

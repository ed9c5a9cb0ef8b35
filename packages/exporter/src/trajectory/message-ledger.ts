import type { Message, ProposedCall, RepeatedResult } from '../decode/dialects/span-view.ts';
import { isSameJson } from '../json/is-same-json.ts';
import { stableText } from '../json/lossless-json.ts';

/**
 * Knows which messages of a run have been written. Model calls repeat their whole history; a message is new when it
 * stands more often in a history than it has been written so far, so that the same words said twice stay twice.
 */
export class MessageLedger {
  /** How often each message was written. */
  readonly #written: number[] = [];
  /** Different messages by what is quick to see of them. */
  readonly #different = new Map<number, KnownMessage>();

  /** A number, from 0 on, that messages which say the same have in common. */
  idOf(message: Message): number {
    const sketch = sketchOf(message);
    const first = this.#different.get(sketch);
    for (let known = first; known !== undefined; known = known.next) {
      if (saysTheSame(known.message, message)) return known.id;
    }
    const id = this.#written.push(0) - 1;
    this.#different.set(sketch, { message, id, next: first });
    return id;
  }

  /**
   * Notes a message of a history as written, unless it has been.
   *
   * @param count how often it stands in the history up to here, this time included
   * @returns whether it had not been written so often
   */
  take(id: number, count: number): boolean {
    if (count <= (this.#written[id] ?? 0)) return false;
    this.#written[id] = count;
    return true;
  }

  /** Notes a message that a model gave, so that later histories do not bring it again; gives its number. */
  note(message: Message): number {
    const id = this.idOf(message);
    this.#written[id] = (this.#written[id] ?? 0) + 1;
    return id;
  }
}

interface KnownMessage {
  readonly message: Message;
  readonly id: number;
  /** Another message that looks like it at first sight. */
  readonly next: KnownMessage | undefined;
}

/** A number, the same for messages that say the same, and seldom for others; long texts are not gone through for it. */
function sketchOf({ role, text, toolCalls, toolResults, omitted }: Message): number {
  let sketch = addText(addText(omitted.length, role), text);
  for (const { name } of toolCalls) sketch = addText(sketch, name);
  for (const { content } of toolResults) {
    sketch = typeof content === 'string' ? addText(sketch, content) : Math.imul(sketch, FACTOR);
  }
  return sketch;
}

const FACTOR = 31;
/** Signs of a text that are looked at. */
const SIGNS = 24;

/** The text's length, and signs from all over it. */
function addText(sketch: number, text: string): number {
  const { length } = text;
  let next = (Math.imul(sketch, FACTOR) + length) | 0;
  const step = Math.max(1, Math.floor(length / SIGNS));
  for (let at = 0; at < length; at += step) {
    next = (Math.imul(next, FACTOR) + text.charCodeAt(at)) | 0;
  }
  return next;
}

/**
 * Whether two messages are the same: in role, text, tool calls by name and arguments, results by content. Ids and
 * reasoning are left out: histories often drop them.
 */
function saysTheSame(left: Message, right: Message): boolean {
  return (
    left === right ||
    (left.role === right.role &&
      left.text === right.text &&
      areSameCalls(left.toolCalls, right.toolCalls) &&
      areSameResults(left.toolResults, right.toolResults) &&
      isSameJson(left.omitted, right.omitted))
  );
}

function areSameCalls(left: readonly ProposedCall[], right: readonly ProposedCall[]): boolean {
  if (left.length !== right.length) return false;
  for (const [index, call] of left.entries()) {
    const other = right[index];
    if (call.name !== other?.name || !isSameJson(call.arguments, other.arguments)) return false;
  }
  return true;
}

function areSameResults(
  left: readonly RepeatedResult[],
  right: readonly RepeatedResult[],
): boolean {
  if (left.length !== right.length) return false;
  for (const [index, { content }] of left.entries()) {
    if (!isSameJson(content, right[index]?.content)) return false;
  }
  return true;
}

function callsOf(message: Message): unknown {
  return message.toolCalls.map((call) => [call.name, call.arguments ?? null]);
}

/** What a model said, as far as two instrumentations of the same call agree on it; empty where it said nothing. */
export function outputKey(messages: readonly Message[]): string {
  const said = messages.filter((message) => message.text !== '' || message.toolCalls.length > 0);
  return said.length === 0
    ? ''
    : stableText(said.map((message) => [message.text, callsOf(message)]));
}

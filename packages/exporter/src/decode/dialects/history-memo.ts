import type { Message } from './span-view.ts';

/** Histories of one run that go on side by side: an agent's own and those of agents inside it. */
const MAX_HISTORIES = 8;

interface KnownHistory {
  readonly bareRole: string;
  /** The JSON text in UTF-8, without the bracket at its end. */
  readonly open: Buffer;
  readonly messages: readonly Message[];
}

interface KnownText {
  readonly bytes: Buffer;
  readonly messages: readonly Message[];
}

/** Remembers what the last histories said, and the last instructions. */
export interface HistoryMemo {
  readonly histories: KnownHistory[];
  readonly instructions: KnownText[];
}

let current: HistoryMemo | undefined;

/** Nothing is remembered yet. */
export function createHistoryMemo(): HistoryMemo {
  return { histories: [], instructions: [] };
}

/**
 * Model calls repeat their whole history. While `work` goes on, a history that begins with the text of an earlier one is
 * read from where that ended, and the messages that it repeats are the same objects: that they are equal is then known,
 * since their texts are. `work` must not wait for anything; what is done in several steps is given the same memo in each.
 */
export function withHistoryMemo<Result>(
  work: () => Result,
  memo: HistoryMemo = createHistoryMemo(),
): Result {
  const outer = current;
  current = memo;
  try {
    return work();
  } finally {
    current = outer;
  }
}

/**
 * The messages of a JSON text in UTF-8.
 *
 * @param bareRole the role of messages that are only text
 * @param read reads a whole JSON text; `undefined` where it is no list
 */
export function readHistory(
  bytes: Buffer,
  bareRole: string,
  read: (text: string) => readonly Message[] | undefined,
): readonly Message[] | undefined {
  if (current === undefined || bytes[0] !== OPENING || bytes.at(-1) !== CLOSING) {
    return read(bytes.toString());
  }
  const { histories } = current;
  const index = histories.findLastIndex(
    (history) => history.bareRole === bareRole && beginsWith(bytes, history.open),
  );
  const known = histories[index];
  const messages =
    (known === undefined ? undefined : continued(bytes, known, read)) ?? read(bytes.toString());
  if (messages === undefined) return undefined;
  if (known !== undefined) histories.splice(index, 1);
  else if (histories.length === MAX_HISTORIES) histories.shift();
  histories.push({ bareRole, open: bytes.subarray(0, -1), messages });
  return messages;
}

/**
 * Instructions, which model calls repeat as well: a text that was read before gives the same messages.
 *
 * @param read reads the text
 */
export function readRepeated(
  bytes: Buffer,
  read: (text: string) => readonly Message[],
): readonly Message[] {
  const known = current?.instructions.find((text) => text.bytes.equals(bytes));
  if (known !== undefined) return known.messages;
  const messages = read(bytes.toString());
  if (current !== undefined) {
    if (current.instructions.length === MAX_HISTORIES) current.instructions.shift();
    current.instructions.push({ bytes, messages });
  }
  return messages;
}

const OPENING = 0x5b;
const CLOSING = 0x5d;
const COMMA = 0x2c;

function beginsWith(bytes: Buffer, beginning: Buffer): boolean {
  return bytes.length > beginning.length && bytes.subarray(0, beginning.length).equals(beginning);
}

function continued(
  bytes: Buffer,
  { open, messages }: KnownHistory,
  read: (text: string) => readonly Message[] | undefined,
): readonly Message[] | undefined {
  if (bytes.length === open.length + 1) return messages;
  // `[` alone goes before everything; anything but a comma is the middle of something.
  if (bytes[open.length] !== COMMA || open.length < 2) return undefined;
  const more = read(listFrom(bytes, open.length));
  return more && [...messages, ...more];
}

/** Longer ones are read in memory of their own. */
const SCRATCH_BYTES = 1 << 16;
const scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES);

/** What stands behind the comma at the place, as a list. Made as one text: one that is joined is copied again to be read. */
function listFrom(bytes: Buffer, comma: number): string {
  const length = bytes.length - comma;
  const list = length <= SCRATCH_BYTES ? scratch : Buffer.allocUnsafeSlow(length);
  bytes.copy(list, 0, comma);
  list[0] = OPENING;
  return list.toString('utf8', 0, length);
}

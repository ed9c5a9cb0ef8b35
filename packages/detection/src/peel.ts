import { decodeText } from './decode/decode-text.ts';
import { joinedText } from './decode/text-parts.ts';
import { MESSAGE_NAMES, messageKeyOf } from './message-only.ts';
import { isObject, plainNames, pointerTo, read, someKeys } from './read.ts';
import { wrapperKey, WRAPPING_NAMES } from './wrapper.ts';

/** One level of a result: the value itself, or what it wraps. */
export interface Layer {
  readonly value: unknown;
  /**
   * JSON pointer to this level. Text that is JSON counts as its parsed value, so that a pointer may lead through
   * it: `/content/0/text/success`.
   */
  readonly pointer: string;
  /** The names of its members, where it is a plain object of a few. */
  readonly names?: readonly string[] | undefined;
  /** It was text that was parsed. */
  readonly decoded?: boolean;
}

/** Wrappers in wrappers beyond this are not opened. */
const MAX_LAYERS = 6;

/**
 * The levels of a result, outermost first: text that is JSON or a Python literal as a whole is parsed, and known
 * wrappers (MCP content, tool results of models' and frameworks' messages, JSON-RPC, an object that carries one result
 * and says nothing else) are opened; the message of an answer that is a message and nothing else is the innermost.
 */
export function peel(result: unknown): readonly Layer[] {
  const layers: Layer[] = [];
  let next: Layer | undefined = { value: result, pointer: '' };
  while (next !== undefined && layers.length < MAX_LAYERS) {
    const value = decodeText(next.value);
    const names = isObject(value) ? plainNames(value, MAX_NAMES) : undefined;
    const decoded = value !== next.value;
    const layer: Layer = { value, pointer: next.pointer, names, decoded };
    layers.push(layer);
    next = wrappedIn(layer);
  }
  return layers;
}

function wrappedIn({ value, pointer, names }: Layer): Layer | undefined {
  if (!isObject(value)) return undefined;
  if (Array.isArray(value)) return textOfParts(value, pointer);
  const content = names?.includes('content') === false ? undefined : read(value, 'content');
  if (Array.isArray(content)) {
    const text = textOfParts(content, pointerTo(pointer, 'content'));
    return text ?? structuredContent(value, content, pointer);
  }
  const key =
    (hasOneOf(WRAPPING_NAMES, names) ? wrapperKey(value) : undefined) ??
    (hasOneOf(MESSAGE_NAMES, names) ? messageKeyOf(value) : undefined);
  return key === undefined
    ? undefined
    : { value: read(value, key), pointer: pointerTo(pointer, key) };
}

/** Has it any of these members? Where its members are not known, it may. */
function hasOneOf(members: ReadonlySet<string>, names: readonly string[] | undefined): boolean {
  if (names === undefined) return true;
  for (const name of names) if (members.has(name)) return true;
  return false;
}

/** Objects with more members are asked for each name. */
const MAX_NAMES = 32;

const MCP_KEYS: ReadonlySet<string> = new Set(['content', 'isError', 'structuredContent', '_meta']);

/** What a result of the Model Context Protocol carries besides its parts; without either, it is empty. */
function structuredContent(
  value: object,
  content: readonly unknown[],
  pointer: string,
): Layer | undefined {
  if (!someKeys(value, MCP_KEYS.size + 1).every((key) => MCP_KEYS.has(key))) return undefined;
  const structured = read(value, 'structuredContent');
  if (isObject(structured)) {
    return { value: structured, pointer: pointerTo(pointer, 'structuredContent') };
  }
  return content.length === 0
    ? { value: content, pointer: pointerTo(pointer, 'content') }
    : undefined;
}

/** The text of a list of content parts; beside pictures and resources, the only text speaks for all. */
function textOfParts(parts: readonly unknown[], pointer: string): Layer | undefined {
  const found = joinedText(parts);
  if (found === undefined) return undefined;
  const path = found.index === undefined ? pointer : `${pointer}/${found.index}/text`;
  return { value: found.text, pointer: path };
}

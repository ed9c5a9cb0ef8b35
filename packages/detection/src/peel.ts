import { decodeText } from './decode/decode-text.ts';
import { joinedText } from './decode/text-parts.ts';
import { messageKeyOf } from './message-only.ts';
import { isObject, pointerTo, read, someKeys } from './read.ts';
import { wrapperKey } from './wrapper.ts';

/** One level of a result: the value itself, or what it wraps. */
export interface Layer {
  readonly value: unknown;
  /**
   * JSON pointer to this level. Text that is JSON counts as its parsed value, so that a pointer may lead through
   * it: `/content/0/text/success`.
   */
  readonly pointer: string;
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
    const layer: Layer = { value: decodeText(next.value), pointer: next.pointer };
    layers.push(layer);
    next = wrappedIn(layer);
  }
  return layers;
}

function wrappedIn({ value, pointer }: Layer): Layer | undefined {
  if (!isObject(value)) return undefined;
  if (Array.isArray(value)) return textOfParts(value, pointer);
  const content = read(value, 'content');
  if (Array.isArray(content)) {
    const text = textOfParts(content, pointerTo(pointer, 'content'));
    return text ?? structuredContent(value, content, pointer);
  }
  const key = wrapperKey(value) ?? messageKeyOf(value);
  return key === undefined
    ? undefined
    : { value: read(value, key), pointer: pointerTo(pointer, key) };
}

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

import { isObject, pointerTo, read, someKeys } from './read.ts';

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
/** Text that is JSON of text that is JSON … */
const MAX_DECODINGS = 8;
/** Longer texts are not parsed: that would delay the agent. In UTF-16 units. */
export const MAX_JSON_CHARS = 2_000_000;

/**
 * The levels of a result, outermost first: JSON text is parsed where the whole text is one JSON value, and known
 * wrappers (MCP content, tool results of models' and frameworks' messages, JSON-RPC, an object with one member
 * called `result`) are opened.
 */
export function peel(result: unknown): readonly Layer[] {
  const layers: Layer[] = [];
  let next: Layer | undefined = { value: result, pointer: '' };
  while (next !== undefined && layers.length < MAX_LAYERS) {
    const layer: Layer = { value: decodeJsonText(next.value), pointer: next.pointer };
    layers.push(layer);
    next = wrappedIn(layer);
  }
  return layers;
}

/** The value behind JSON text, however often it was encoded; text that is not JSON stays as it is. */
function decodeJsonText(value: unknown): unknown {
  let decoded = value;
  for (let times = 0; times < MAX_DECODINGS && typeof decoded === 'string'; times += 1) {
    const parsed = parseJson(decoded);
    if (parsed === undefined) return decoded;
    decoded = parsed;
  }
  return decoded;
}

/** `undefined`: not JSON. Numbers and truth values mean the same as their text, so they stay text. */
function parseJson(text: string): unknown {
  if (text.length > MAX_JSON_CHARS) return undefined;
  const trimmed = text.trim();
  if (trimmed === 'null') return null;
  const first = trimmed[0];
  const last = trimmed.at(-1);
  const looksLikeJson =
    (first === '{' && last === '}') ||
    (first === '[' && last === ']') ||
    (first === '"' && last === '"' && trimmed.length > 1);
  if (!looksLikeJson) return undefined;
  try {
    return JSON.parse(trimmed) as unknown;
  } catch {
    // Text in braces that is not JSON is text.
    return undefined;
  }
}

const SOLE_WRAPPERS = ['result', 'output', 'data', 'response', 'value'] as const;
const MESSAGE_TYPES: ReadonlySet<unknown> = new Set([
  'tool_result',
  'tool',
  'function_call_output',
]);
const VALUE_TYPES: ReadonlySet<unknown> = new Set([
  'text',
  'json',
  'content',
  'error-text',
  'error-json',
]);

function wrappedIn({ value, pointer }: Layer): Layer | undefined {
  if (!isObject(value)) return undefined;
  if (Array.isArray(value)) return onlyText(value, pointer);
  const content = read(value, 'content');
  if (Array.isArray(content)) {
    const text = onlyText(content, pointerTo(pointer, 'content'));
    return text ?? structuredContent(value, content, pointer);
  }
  const key = wrapperKey(value);
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

/** The member that holds what an object wraps. */
function wrapperKey(value: object): string | undefined {
  const type = read(value, 'type');
  if (MESSAGE_TYPES.has(type) || read(value, 'role') === 'tool') {
    return read(value, 'content') === undefined ? 'output' : 'content';
  }
  if (type === 'text' && typeof read(value, 'text') === 'string') return 'text';
  if (VALUE_TYPES.has(type) && read(value, 'value') !== undefined) return 'value';
  if (read(value, 'jsonrpc') === '2.0' && isObject(read(value, 'result'))) return 'result';
  return soleWrapper(value);
}

/** The one member of an object, if it is one that wraps. Asked by name first: listing a million names takes time. */
function soleWrapper(value: object): string | undefined {
  const key = SOLE_WRAPPERS.find((name) => read(value, name) !== undefined);
  return key !== undefined && someKeys(value, 2).length === 1 ? key : undefined;
}

/** The text of a list of content parts that has one part only: several parts are content, not an envelope. */
function onlyText(parts: readonly unknown[], pointer: string): Layer | undefined {
  if (parts.length !== 1) return undefined;
  const [part] = parts;
  const text = read(part, 'text');
  if (read(part, 'type') !== 'text' || typeof text !== 'string') return undefined;
  return { value: text, pointer: `${pointer}/0/text` };
}

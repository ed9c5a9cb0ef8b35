/** Largest attribute that content may make, in UTF-16 units: backends cut or refuse larger ones. */
export const MAX_CONTENT_LENGTH = 131_072;
/** Longest single text inside content. */
export const MAX_TEXT_LENGTH = 32_768;

/**
 * Reads `OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT`.
 *
 * The variable has no formal definition; the spellings of the Python and JavaScript instrumentations are accepted in
 * any case: `true`, `1`, `span_only`, `span_and_event`, `event_only` switch content on; everything else, and its absence, off.
 * `event_only` counts as on although content stands on spans here: there is no content event to hold it.
 */
export function parseContentCapture(value: string | undefined): boolean {
  switch (value?.trim().toLowerCase()) {
    case 'true':
    case '1':
    case 'span_only':
    case 'event_only':
    case 'span_and_event':
      return true;
    default:
      return false;
  }
}

/** Content as it stands on a span. */
export interface Content {
  readonly json: string;
  /** Characters that are missing because they were over a limit. */
  readonly leftOutCharacters: number;
}

/** JSON of one value, with long texts cut; undefined when it has none (functions, cycles, BigInt) or a getter throws. */
export function contentJson(value: unknown): Content | undefined {
  const whole = tryStringify(value);
  if (whole === undefined || whole.json.length <= MAX_CONTENT_LENGTH) return whole;
  const over = whole.json.length - MAX_CONTENT_LENGTH;
  return {
    json: JSON.stringify(cut(whole.json, MAX_CONTENT_LENGTH)),
    leftOutCharacters: whole.leftOutCharacters + over,
  };
}

/** JSON of a list of messages; when it is too long, the oldest are left out and a system message says how many. */
export function messagesJson(messages: readonly unknown[]): Content | undefined {
  const whole = tryStringify(messages);
  if (whole === undefined || whole.json.length <= MAX_CONTENT_LENGTH) return whole;
  const kept: string[] = [];
  let length = 200;
  for (let index = messages.length - 1; index >= 0; index -= 1) {
    const json = tryStringify(messages[index])?.json;
    if (json === undefined || length + json.length > MAX_CONTENT_LENGTH) break;
    kept.unshift(json);
    length += json.length + 1;
  }
  const note = `${messages.length - kept.length} earlier messages left out: over the limit of ${MAX_CONTENT_LENGTH} characters`;
  const first = { role: 'system', parts: [{ type: 'text', content: note }] };
  const over = whole.json.length - `[${kept.join(',')}]`.length;
  return {
    json: `[${[JSON.stringify(first), ...kept].join(',')}]`,
    leftOutCharacters: whole.leftOutCharacters + over,
  };
}

function tryStringify(value: unknown): Content | undefined {
  let leftOutCharacters = 0;
  const compact = (_key: string, entry: unknown): unknown => {
    if (typeof entry === 'string') {
      leftOutCharacters += Math.max(0, entry.length - MAX_TEXT_LENGTH);
      return cut(entry, MAX_TEXT_LENGTH);
    }
    if (entry instanceof Uint8Array) return `[${entry.byteLength} bytes]`;
    return withReadableKeys(entry);
  };
  try {
    const json = JSON.stringify(value, compact) as string | undefined;
    return json === undefined ? undefined : { json, leftOutCharacters };
  } catch {
    // Cycles, BigInt, getters that throw: such content cannot be recorded, and recording must not disturb the call.
    return undefined;
  }
}

/** At most so much of a text, and always text: backends refuse half of a surrogate pair, wherever it came from. */
function cut(text: string, limit: number): string {
  if (text.length <= limit) return text.toWellFormed();
  return `${text.slice(0, limit).toWellFormed()}… [${text.length - limit} characters left out]`;
}

function withReadableKeys(entry: unknown): unknown {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) return entry;
  if (Object.keys(entry).every((key) => key.isWellFormed())) return entry;
  return Object.fromEntries(
    Object.entries(entry).map(([key, value]) => [key.toWellFormed(), value]),
  );
}

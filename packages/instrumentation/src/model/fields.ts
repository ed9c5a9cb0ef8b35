/** An object of a request or an answer, read piece by piece: what is missing makes telemetry poorer, and nothing fail. */
export type Fields = Readonly<Record<string, unknown>>;

/** The value as an object; an empty one where it is none. */
export function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

/** The objects of a list; none where it is no list. */
export function listOf(value: unknown): readonly Fields[] {
  if (!Array.isArray(value)) return [];
  return value.filter((entry): entry is Fields => typeof entry === 'object' && entry !== null);
}

/** A text that says something. */
export function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** A number of tokens. */
export function count(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

/** What a JSON text says; the text itself where it is none. */
export function parsed(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value;
  }
}

/** A value in place of the text that it was read from. */
export function unparsed(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** What a tool's answer says, as the application hands it to the model: the JSON value that it is, else its text. */
export function resultOf(content: unknown): unknown {
  if (Array.isArray(content)) {
    const texts = listOf(content).map((part) => text(part['text']) ?? '');
    return resultOf(texts.join(''));
  }
  if (typeof content !== 'string') return content;
  return /^\s*[[{]/.test(content) ? parsed(content) : content;
}

import { isObject } from './pointer.ts';

/** Longer texts are taken as text: parsing them would delay the call. In UTF-16 units. */
const MAX_JSON_CHARS = 1_000_000;

/**
 * The value behind arguments or a result. Agents hand over both values and JSON text of objects and lists; rules
 * must see the same in both, or writing `"{…}"` would be a way around them.
 */
export function viewOf(value: unknown): unknown {
  if (typeof value !== 'string' || value.length > MAX_JSON_CHARS) return value;
  if (!beginsAsJson(value)) return value;
  try {
    const parsed: unknown = JSON.parse(value);
    return isObject(parsed) ? parsed : value;
  } catch {
    // Text that only begins like JSON is text.
    return value;
  }
}

/**
 * For whoever looks for a member of what `viewOf` gave: in text that is too long to be parsed nobody can say what there is,
 * and filling it up must not be a way around a rule.
 *
 * @throws RangeError where the view is such a text.
 */
export function assertParsed(view: unknown): void {
  if (typeof view !== 'string' || view.length <= MAX_JSON_CHARS || !beginsAsJson(view)) return;
  throw new RangeError(
    `the JSON text has ${view.length} characters; ${MAX_JSON_CHARS} are looked into`,
  );
}

function beginsAsJson(text: string): boolean {
  return /^\s*[[{]/.test(text);
}

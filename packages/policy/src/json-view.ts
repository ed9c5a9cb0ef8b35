import { isObject } from './pointer.ts';

/** Longer texts are taken as text: parsing them would delay the call. In UTF-16 units. */
const MAX_JSON_CHARS = 1_000_000;

/**
 * The value behind arguments or a result. Agents hand over both values and JSON text of objects and lists; rules
 * must see the same in both, or writing `"{…}"` would be a way around them.
 */
export function viewOf(value: unknown): unknown {
  if (typeof value !== 'string' || value.length > MAX_JSON_CHARS) return value;
  const first = value.trimStart()[0];
  if (first !== '{' && first !== '[') return value;
  try {
    const parsed: unknown = JSON.parse(value);
    return isObject(parsed) ? parsed : value;
  } catch {
    // Text that only begins like JSON is text.
    return value;
  }
}

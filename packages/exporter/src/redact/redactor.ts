import { ALL_DETECTORS, isCardNumber, isSensitiveMember, redactText } from '@aftertrace/policy';

/** Name and version of the rules, as it stands in every line. */
export const REDACTION_POLICY = 'aftertrace-default/2';

/** Removes secrets and personal data from one line's content, and counts what it removed. */
export interface Redactor {
  text(text: string): string;
  /** A copy of the value with every string in it redacted and the values of telling keys removed. */
  value(value: unknown): unknown;
  /** How many of each kind were removed so far. */
  counts(): Record<string, number>;
}

const MAX_DEPTH = 100;
const TOO_DEEP = '[nested too deep]';

/** A redactor for one line. Texts are marked as `[REDACTED:kind]`. */
export function createRedactor(): Redactor {
  const counts = new Map<string, number>();
  const mark = (kind: string): string => {
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
    return `[REDACTED:${kind}]`;
  };
  const text = (input: string): string => redactText(input, ALL_DETECTORS, mark).text;
  return {
    text,
    value: (input) => redactValue(input, { text, mark }, 0),
    counts: () => Object.fromEntries(counts),
  };
}

/** A copy without redaction; nesting beyond 100 levels is cut here as there, so that a line can always be written. */
export function copyBounded(value: unknown): unknown {
  return redactValue(value, { text: (input) => input, mark: undefined }, 0);
}

interface Means {
  readonly text: (text: string) => string;
  /** Absent: telling keys keep their values. */
  readonly mark: ((kind: string) => string) | undefined;
}

function redactValue(value: unknown, means: Means, depth: number): unknown {
  if (typeof value === 'string') return means.text(value);
  if (typeof value === 'number' || typeof value === 'bigint') {
    return means.mark !== undefined && isCardNumber(String(value)) ? means.mark('card') : value;
  }
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= MAX_DEPTH) return TOO_DEEP;
  if (Array.isArray(value)) return value.map((item) => redactValue(item, means, depth + 1));
  const copy: [string, unknown][] = Object.entries(value).map(([key, item]) => [
    means.text(key),
    means.mark !== undefined && isSensitiveMember(key, item)
      ? means.mark('key')
      : redactValue(item, means, depth + 1),
  ]);
  return Object.fromEntries(copy);
}

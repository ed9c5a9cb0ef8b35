import type { Redaction } from '@aftertrace/schema';

import { assertParsed, viewOf } from './json-view.ts';
import {
  copyOf,
  formatPointer,
  isObject,
  lookUp,
  parsePointer,
  replaceAt,
  withMember,
} from './pointer.ts';
import { isCardNumber } from './sensitive/find-cards.ts';
import type { DetectorName } from './sensitive/kinds.ts';
import { redactText } from './sensitive/redact-text.ts';
import { isSensitiveMember } from './sensitive/sensitive-name.ts';

/** What is counted: finds by detector, values replaced as a whole, and what nobody could look into. */
type CountName = DetectorName | 'pointer' | 'unreadable';

/** A value after redaction. */
export interface RedactedValue {
  /** The same object as before where nothing was redacted. */
  readonly value: unknown;
  /** JSON pointers of the values that were changed. */
  readonly paths: readonly string[];
  /** How much was redacted, by detector; `pointer` counts values that were replaced as a whole. */
  readonly counts: Readonly<Partial<Record<CountName, number>>>;
}

/** How deep and how far detectors walk. What lies beyond is replaced, for nobody has looked at it. */
const MAX_DEPTH = 64;
const MAX_NODES = 1_000_000;

/**
 * Applies redactions in order, without changing what was given. Where the value is JSON text and something in it was
 * redacted, JSON text comes back. Never throws: what cannot be read, is too deep or too much is replaced and counted
 * as `unreadable`.
 */
export function applyRedactions(value: unknown, redactions: readonly Redaction[]): RedactedValue {
  let current = value;
  const walk = new RedactionWalk();
  for (const redaction of redactions) current = applyOne(current, redaction, walk);
  return { value: current, paths: [...new Set(walk.paths)], counts: walk.counts };
}

function applyOne(value: unknown, redaction: Redaction, walk: RedactionWalk): unknown {
  const tokens = parsePointer(redaction.pointer);
  if (tokens === undefined) return value;
  const view = viewOf(value);
  const changesBefore = walk.paths.length;
  const next = redactAt(view, tokens, redaction, walk);
  if (walk.paths.length === changesBefore) return value;
  return typeof value === 'string' && typeof next !== 'string' ? JSON.stringify(next) : next;
}

function redactAt(
  root: unknown,
  tokens: readonly string[],
  redaction: Redaction,
  walk: RedactionWalk,
): unknown {
  try {
    if (tokens.length > 0) assertParsed(root);
    const found = lookUp(root, tokens);
    if (!found.found) return root;
    const next = walk.redact(found.value, tokens, redaction);
    return next === found.value ? root : replaceAt(root, tokens, next);
  } catch {
    // A getter or a proxy on the way threw, or the text is too long: nobody can say what is there, so nothing of it goes on.
    walk.noteUnreadable();
    return redaction.replacement;
  }
}

/** One application of a list of redactions: what was changed, and how much has been walked. */
class RedactionWalk {
  readonly paths: string[] = [];
  readonly counts: Partial<Record<CountName, number>> = {};
  /** Reference tokens of the value that is being looked at. */
  #tokens: string[] = [];
  /** The objects around it: one that comes again is a circle. */
  readonly #around = new Set<object>();
  #nodes = 0;

  redact(value: unknown, tokens: readonly string[], redaction: Redaction): unknown {
    this.#tokens = [...tokens];
    if (redaction.detect !== undefined) return this.#visit(value, redaction);
    if (value === redaction.replacement) return value;
    return this.#replace('pointer', redaction);
  }

  /** The way to the value could not be read. */
  noteUnreadable(): void {
    this.#tokens = [];
    this.#around.clear();
    this.#note('unreadable', 1);
  }

  #note(what: CountName, count: number): void {
    this.paths.push(formatPointer(this.#tokens));
    this.counts[what] = (this.counts[what] ?? 0) + count;
  }

  #replace(what: CountName, { replacement }: Redaction): string {
    this.#note(what, 1);
    return replacement;
  }

  #visit(value: unknown, redaction: Redaction): unknown {
    this.#nodes += 1;
    if (typeof value === 'string') return this.#visitText(value, redaction);
    if (typeof value === 'number' || typeof value === 'bigint') {
      return this.#visitNumber(value, redaction);
    }
    if (!isObject(value)) return value;
    const beyond = this.#tokens.length > MAX_DEPTH || this.#nodes > MAX_NODES;
    if (beyond || this.#around.has(value)) return this.#replace('unreadable', redaction);
    this.#around.add(value);
    const next = this.#visitMembers(value, redaction);
    this.#around.delete(value);
    return next;
  }

  #visitMembers(value: object, redaction: Redaction): unknown {
    let copy: object | undefined;
    for (const key of memberNames(value)) {
      this.#tokens.push(key);
      const { before, next } = this.#visitMember(value, key, redaction);
      this.#tokens.pop();
      if (next === before) continue;
      copy ??= copyReadable(value, redaction.replacement);
      withMember(copy, key, next);
    }
    return copy ?? value;
  }

  #visitMember(
    value: object,
    key: string,
    redaction: Redaction,
  ): { readonly before: unknown; readonly next: unknown } {
    const depth = this.#tokens.length;
    try {
      const before: unknown = (value as Record<string, unknown>)[key];
      const isSecret =
        redaction.detect?.includes('secret') === true && isSensitiveMember(key, before);
      if (!isSecret) return { before, next: this.#visit(before, redaction) };
      if (before === redaction.replacement) return { before, next: before };
      return { before, next: this.#replace('secret', redaction) };
    } catch {
      // A getter or a proxy threw: what it would have given is replaced.
      this.#tokens.length = depth;
      return { before: undefined, next: this.#replace('unreadable', redaction) };
    }
  }

  #visitText(text: string, redaction: Redaction): string {
    const { text: next, counts } = redactText(text, redaction.detect ?? [], redaction.replacement);
    for (const [detector, count] of Object.entries(counts)) {
      this.#note(detector as DetectorName, count);
    }
    return next;
  }

  /** A card number may come as a number. */
  #visitNumber(value: number | bigint, redaction: Redaction): unknown {
    const isCard = redaction.detect?.includes('card') === true && isCardNumber(String(value));
    return isCard ? this.#replace('card', redaction) : value;
  }
}

/** Members that can hold text; bytes cannot. */
function memberNames(value: object): readonly string[] {
  return ArrayBuffer.isView(value) ? [] : Object.keys(value);
}

/** As `copyOf`, for objects whose getters may throw: such a member is replaced when its turn comes. */
function copyReadable(value: object, replacement: string): object {
  try {
    return copyOf(value);
  } catch {
    const copy: object = Array.isArray(value) ? [] : {};
    for (const key of Object.keys(value)) {
      try {
        withMember(copy, key, (value as Record<string, unknown>)[key]);
      } catch {
        // Unreadable: replaced, and counted where the walk meets it.
        withMember(copy, key, replacement);
      }
    }
    return copy;
  }
}

import type { Redaction } from '@aftertrace/schema';

import { detect, redactText, type DetectorName } from './detectors.ts';
import { isSecretName } from './find-secrets.ts';
import { viewOf } from './json-view.ts';
import {
  copyOf,
  formatPointer,
  isObject,
  lookUp,
  parsePointer,
  replaceAt,
  withMember,
} from './pointer.ts';

/** A value after redaction. */
export interface RedactedValue {
  /** The same object as before where nothing was redacted. */
  readonly value: unknown;
  /** JSON pointers of the values that were changed. */
  readonly paths: readonly string[];
  /** How much was redacted, by detector; `pointer` counts values that were replaced as a whole. */
  readonly counts: Readonly<Partial<Record<DetectorName | 'pointer' | 'unreadable', number>>>;
}

/** How deep and how far detectors walk. What lies beyond is replaced, for nobody has looked at it. */
const MAX_DEPTH = 64;
const MAX_NODES = 100_000;

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
    const found = lookUp(root, tokens);
    if (!found.found) return root;
    const next = walk.redact(found.value, tokens, redaction);
    return next === found.value ? root : replaceAt(root, tokens, next);
  } catch {
    // A getter or a proxy on the way threw: nobody can say what is there, so nothing of it goes on.
    walk.note(tokens.slice(0, 0), 'unreadable', 1);
    return redaction.replacement;
  }
}

/** One application of a list of redactions: what was changed, and how much is left to walk. */
class RedactionWalk {
  readonly paths: string[] = [];
  readonly counts: Partial<Record<DetectorName | 'pointer' | 'unreadable', number>> = {};
  #nodes = 0;

  note(tokens: readonly string[], what: DetectorName | 'pointer' | 'unreadable', n: number): void {
    this.paths.push(formatPointer(tokens));
    this.counts[what] = (this.counts[what] ?? 0) + n;
  }

  redact(value: unknown, tokens: readonly string[], redaction: Redaction): unknown {
    if (redaction.detect === undefined) {
      this.note(tokens, 'pointer', 1);
      return redaction.replacement;
    }
    return this.#visit(value, tokens, redaction);
  }

  #visit(value: unknown, tokens: readonly string[], redaction: Redaction): unknown {
    if (typeof value === 'string') return this.#visitText(value, tokens, redaction);
    if (typeof value === 'number' || typeof value === 'bigint') {
      return this.#visitNumber(value, tokens, redaction);
    }
    if (!isObject(value)) return value;
    this.#nodes += 1;
    if (tokens.length > MAX_DEPTH || this.#nodes > MAX_NODES) {
      this.note(tokens, 'unreadable', 1);
      return redaction.replacement;
    }
    return this.#visitMembers(value, tokens, redaction);
  }

  #visitMembers(value: object, tokens: readonly string[], redaction: Redaction): unknown {
    let copy: object | undefined;
    for (const key of memberNames(value)) {
      const path = [...tokens, key];
      const { before, next } = this.#visitMember(value, key, path, redaction);
      if (next === before) continue;
      copy ??= copyReadable(value, redaction.replacement);
      withMember(copy, key, next);
    }
    return copy ?? value;
  }

  #visitMember(
    value: object,
    key: string,
    path: readonly string[],
    redaction: Redaction,
  ): { before: unknown; next: unknown } {
    try {
      const before: unknown = (value as Record<string, unknown>)[key];
      const named = redaction.detect?.includes('secret') === true && isSecretName(key);
      if (
        named &&
        typeof before === 'string' &&
        before !== '' &&
        before !== redaction.replacement
      ) {
        this.note(path, 'secret', 1);
        return { before, next: redaction.replacement };
      }
      return { before, next: this.#visit(before, path, redaction) };
    } catch {
      // A getter threw: what it would have given is replaced.
      this.note(path, 'unreadable', 1);
      return { before: undefined, next: redaction.replacement };
    }
  }

  #visitText(text: string, tokens: readonly string[], redaction: Redaction): string {
    const { text: next, counts } = redactText(text, redaction.detect ?? [], redaction.replacement);
    for (const [detector, count] of Object.entries(counts)) {
      this.note(tokens, detector as DetectorName, count);
    }
    return next;
  }

  /** A card number may come as a number. */
  #visitNumber(value: number | bigint, tokens: readonly string[], redaction: Redaction): unknown {
    if (redaction.detect?.includes('card') !== true) return value;
    if (value < 1_000_000_000_000 || detect(String(value), 'card').length === 0) return value;
    this.note(tokens, 'card', 1);
    return redaction.replacement;
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

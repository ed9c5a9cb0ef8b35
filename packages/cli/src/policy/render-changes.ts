import type { BundleChange, ChangedValue } from '@aftertrace/policy/compile';

import { sanitize } from '../terminal/sanitize.ts';

const MAX_LINE_CHARS = 300;

/** What changes between two bundles, for a person: one line a rule, and one a value of it. */
export function renderChanges(changes: readonly BundleChange[]): string {
  if (changes.length === 0) return 'no difference';
  return changes
    .flatMap(linesOf)
    .map((line) => sanitize(line, MAX_LINE_CHARS))
    .join('\n');
}

function linesOf(change: BundleChange): readonly string[] {
  switch (change.kind) {
    case 'added':
      return [`+ rule ${change.rule}: ${JSON.stringify(change.written)}`];
    case 'removed':
      return [`- rule ${change.rule}: ${JSON.stringify(change.written)}`];
    case 'changed':
      return [`~ rule ${change.rule}`, ...change.values.map(valueLine)];
    case 'order':
      return [`~ the rules that stay stand in another order: ${change.rules.join(', ')}`];
    case 'bundle':
      return ['~ the bundle', ...change.values.map(valueLine)];
  }
}

function valueLine({ path, before, after }: ChangedValue): string {
  return `    ${path}: ${textOf(before)} -> ${textOf(after)}`;
}

function textOf(value: unknown): string {
  return value === undefined ? '(absent)' : JSON.stringify(value);
}

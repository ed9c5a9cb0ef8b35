import { canonicalJson } from '@aftertrace/schema/canonical';

/** A place where two bundles differ. */
export interface ChangedValue {
  /** Members and positions, for example `match.arguments[0].above`. */
  readonly path: string;
  /** Absent: it is not there. */
  readonly before?: unknown;
  readonly after?: unknown;
}

/** What one bundle has and another has not. */
export type BundleChange =
  | { readonly kind: 'added' | 'removed'; readonly rule: string; readonly written: unknown }
  | { readonly kind: 'changed'; readonly rule: string; readonly values: readonly ChangedValue[] }
  /** Changes of a rule compose in the order of the rules. */
  | { readonly kind: 'order'; readonly rules: readonly string[] }
  /** Of the bundle's other members. */
  | { readonly kind: 'bundle'; readonly values: readonly ChangedValue[] };

interface Bundle {
  readonly rules: readonly unknown[];
}

/** Members that differ between any two revisions of the same content. */
const ABOUT = new Set(['revision', 'signatures', 'rules']);

/**
 * Says what changes from one bundle to another, rule by rule. Compare both as they are written, or both validated: a default
 * that is only written out is otherwise a change.
 */
export function diffBundles(before: Bundle, after: Bundle): readonly BundleChange[] {
  const old = byId(before.rules);
  const now = byId(after.rules);
  const removed = [...old].filter(([id]) => !now.has(id));
  const added = [...now].filter(([id]) => !old.has(id));
  const changed = [...now].flatMap(([rule, written]): readonly BundleChange[] => {
    if (!old.has(rule)) return [];
    const values = changedValues(old.get(rule), written, '');
    return values.length === 0 ? [] : [{ kind: 'changed', rule, values }];
  });
  const values = changedValues(others(before), others(after), '');
  return [
    ...removed.map(([rule, written]) => ({ kind: 'removed' as const, rule, written })),
    ...added.map(([rule, written]) => ({ kind: 'added' as const, rule, written })),
    ...changed,
    ...orderChange(old, now),
    ...(values.length === 0 ? [] : [{ kind: 'bundle' as const, values }]),
  ];
}

function byId(rules: readonly unknown[]): ReadonlyMap<string, unknown> {
  return new Map(rules.map((rule, index) => [idOf(rule) ?? `rules[${index}]`, rule]));
}

function idOf(rule: unknown): string | undefined {
  const id: unknown = isMembers(rule) ? rule['id'] : undefined;
  return typeof id === 'string' ? id : undefined;
}

function others(bundle: object): unknown {
  return Object.fromEntries(Object.entries(bundle).filter(([member]) => !ABOUT.has(member)));
}

function orderChange(
  old: ReadonlyMap<string, unknown>,
  now: ReadonlyMap<string, unknown>,
): readonly BundleChange[] {
  const before = [...old.keys()].filter((id) => now.has(id));
  const after = [...now.keys()].filter((id) => old.has(id));
  const isSame = before.every((id, index) => after[index] === id);
  return isSame ? [] : [{ kind: 'order', rules: after }];
}

/** The innermost places that differ; lists of different lengths differ as a whole. */
function changedValues(before: unknown, after: unknown, path: string): readonly ChangedValue[] {
  if (isSame(before, after)) return [];
  if (Array.isArray(before) && Array.isArray(after) && before.length === after.length) {
    return before.flatMap((value: unknown, index) =>
      changedValues(value, after[index], `${path}[${index}]`),
    );
  }
  if (isMembers(before) && isMembers(after)) {
    const members = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return members.flatMap((member) =>
      changedValues(before[member], after[member], path === '' ? member : `${path}.${member}`),
    );
  }
  return [
    {
      path,
      ...(before === undefined ? {} : { before }),
      ...(after === undefined ? {} : { after }),
    },
  ];
}

function isSame(before: unknown, after: unknown): boolean {
  if (before === undefined || after === undefined) return before === after;
  return canonicalJson(before) === canonicalJson(after);
}

function isMembers(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

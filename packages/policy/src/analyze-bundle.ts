import type { PolicyBundle, PolicyRule, ValuePredicate } from '@aftertrace/schema';

import type { BundleProblem } from './bundle-problem.ts';
import { VERDICT_RANK } from './compose.ts';
import { implies } from './implies.ts';
import { buildNameIndex, entriesOf, nameTest, type NameIndex } from './name-index.ts';

/**
 * What is not wrong, and cannot be meant: rules that can never fire, for their own tests contradict each other, and
 * rules that another one shadows, since that decides every call that they match. What it does not find may be so all the
 * same: expressions are not looked into.
 */
export function analyzeBundle(bundle: PolicyBundle): readonly BundleProblem[] {
  const { rules } = bundle;
  const dead = rules.flatMap((rule, index) => neverFires(rule, index));
  const isDead = new Set(dead.map(({ rule }) => rule));
  const living = rules
    .map((rule, index) => ({ rule, index }))
    .filter(({ rule }) => !isDead.has(rule.id));
  const nearby = shadowIndex(living.filter(({ rule }) => endsTheMatter(rule)));
  const shadowed = living.flatMap((placed) => {
    const by = nearby(placed.rule)
      .slice(0, MAX_NEARBY)
      .find((other) => isShadowed(placed, other));
    return by === undefined ? [] : [shadowProblem(placed, by.rule)];
  });
  return [...dead, ...shadowed];
}

/** So many blocks of the same names are compared with a rule: a bundle of ten thousand is looked through in a moment. */
const MAX_NEARBY = 200;

function neverFires(rule: PolicyRule, index: number): readonly BundleProblem[] {
  const found: BundleProblem[] = [];
  const report = (why: string, ...path: readonly (string | number)[]): void => {
    const message = `it can never fire: ${why}`;
    found.push({ message, path: ['rules', index, ...path], rule: rule.id });
  };
  for (const field of ['arguments', 'result'] as const) {
    const tests = rule.match[field] ?? [];
    // It fires where a value cannot be compared.
    if (rule.onError === 'block' && tests.some(compares)) continue;
    const why = contradictionIn(tests);
    if (why !== undefined) report(why, 'match', field);
  }
  const conversation = conversationContradiction(rule);
  if (conversation !== undefined) report(conversation, 'match', 'conversation');
  if (rule.when?.trim() === 'false') report('its condition is always false', 'when');
  return found;
}

function compares({ above, below, atLeast, atMost }: ValuePredicate): boolean {
  return [above, below, atLeast, atMost].some((bound) => bound !== undefined);
}

/** Tests of one place that no value fulfils together. */
function contradictionIn(predicates: readonly ValuePredicate[]): string | undefined {
  const byPointer = Map.groupBy(predicates, ({ pointer }) => pointer);
  for (const [pointer, together] of byPointer) {
    const why = contradictionAt(together);
    if (why !== undefined) return `no value at ${JSON.stringify(pointer)} ${why}`;
  }
  return undefined;
}

function contradictionAt(predicates: readonly ValuePredicate[]): string | undefined {
  const wanted = predicates.map(({ exists }) => exists);
  const looksAtValue = predicates.some((predicate) =>
    Object.keys(predicate).some((name) => name !== 'pointer' && name !== 'exists'),
  );
  if (wanted.includes(false) && (wanted.includes(true) || looksAtValue)) {
    return 'is there and is not there';
  }
  const { low, high, isOpen } = rangeOf(predicates);
  if (low > high || (low === high && isOpen)) return `is in the range from ${low} to ${high}`;
  const types = new Set(predicates.flatMap(({ type }) => type ?? []));
  if (types.has('integer')) types.delete('number');
  if (types.size > 1) return `is of the types ${[...types].join(' and ')}`;
  const allowed = allowedValues(predicates);
  if (allowed?.length === 0) return 'is in all of its lists';
  const fits = allowed?.some((value) => typeof value !== 'number' || isWithin(value, predicates));
  return fits === false ? 'is both in its list and in its range' : undefined;
}

/** The widest range, and whether an end of it is left out. */
function rangeOf(predicates: readonly ValuePredicate[]): {
  readonly low: number;
  readonly high: number;
  readonly isOpen: boolean;
} {
  const lows = predicates.flatMap(({ above, atLeast }) => [above ?? [], atLeast ?? []].flat());
  const highs = predicates.flatMap(({ below, atMost }) => [below ?? [], atMost ?? []].flat());
  const low = Math.max(Number.NEGATIVE_INFINITY, ...lows);
  const high = Math.min(Number.POSITIVE_INFINITY, ...highs);
  const isOpen = predicates.some(({ above, below }) => above === low || below === high);
  return { low, high, isOpen };
}

function isWithin(value: number, predicates: readonly ValuePredicate[]): boolean {
  return predicates.every(
    ({ above, below, atLeast, atMost }) =>
      (above === undefined || value > above) &&
      (below === undefined || value < below) &&
      (atLeast === undefined || value >= atLeast) &&
      (atMost === undefined || value <= atMost),
  );
}

/** The values that `equals` and `in` leave; undefined where neither stands. */
function allowedValues(predicates: readonly ValuePredicate[]): readonly unknown[] | undefined {
  const lists = predicates.flatMap((predicate) => [
    ...(predicate.equals === undefined ? [] : [[predicate.equals]]),
    ...(predicate.in === undefined ? [] : [predicate.in]),
  ]);
  const [first, ...others] = lists;
  return first?.filter((value) => others.every((list) => list.includes(value)));
}

function conversationContradiction({ match }: PolicyRule): string | undefined {
  const { labels, withoutLabels, afterTools, withoutTools, calls, failures, refusals } =
    match.conversation ?? {};
  for (const [name, range] of Object.entries({ calls, failures, refusals })) {
    const { above = -1, below = Number.POSITIVE_INFINITY } = range ?? {};
    if (below - above <= 1) return `no number of ${name} is above ${above} and below ${below}`;
  }
  if (labels?.every((label) => withoutLabels?.includes(label)) === true) {
    return 'a conversation has its labels and has them not';
  }
  if (afterTools === undefined || withoutTools === undefined) return undefined;
  const isExcluded = covers(withoutTools, afterTools);
  return isExcluded ? 'its tools were called and were not called' : undefined;
}

/**
 * An enforced block by names and arguments alone. (Of a quarantine, a reviewer may release a call to the other rules.)
 */
function endsTheMatter({ mode, verdict, match, when }: PolicyRule): boolean {
  const { agent: _agent, tool: _tool, capability: _can, arguments: _tests, ...more } = match;
  const isByCall = when === undefined && Object.values(more).every((one) => one === undefined);
  return mode === 'enforce' && verdict === 'block' && isByCall;
}

/** A rule and its position in the bundle. */
interface Placed {
  readonly rule: PolicyRule;
  readonly index: number;
}

/** Of rules that end the matter, those whose names can be those of a rule: among ten thousand, a few. */
function shadowIndex(shadowing: readonly Placed[]): (rule: PolicyRule) => readonly Placed[] {
  const named = (field: 'tool' | 'agent', placed: readonly Placed[]): NameIndex<Placed> =>
    buildNameIndex(
      placed.map((entry) => ({ patterns: patternsOf(entry.rule.match[field]), entry })),
    );
  const byTool = named(
    'tool',
    shadowing.filter(({ rule }) => rule.match.tool !== undefined),
  );
  const byAgent = named(
    'agent',
    shadowing.filter(({ rule }) => rule.match.tool === undefined),
  );
  return ({ match }) => near(byAgent, match.agent, near(byTool, match.tool, undefined)) ?? [];
}

/** Whoever covers a pattern is found by the name that is its beginning; whoever covers any name, by none. */
function near(
  index: NameIndex<Placed>,
  pattern: Pattern,
  before: readonly Placed[] | undefined,
): readonly Placed[] | undefined {
  const [first = ''] = patternsOf(pattern) ?? [];
  return entriesOf(index, first.endsWith('*') ? first.slice(0, -1) : first, before);
}

function patternsOf(pattern: Pattern): readonly string[] | undefined {
  return pattern === undefined ? undefined : [pattern].flat();
}

/** Does the other one decide every call that this one matches? */
function isShadowed(placed: Placed, by: Placed): boolean {
  const { rule } = placed;
  const { rule: other } = by;
  if (rule === other || !coversAll(other, rule)) return false;
  // A rule about results is not asked where the call is not made.
  if ((rule.match.result ?? []).length > 0) return true;
  const stronger = VERDICT_RANK[other.verdict] - VERDICT_RANK[rule.verdict];
  // Of two alike the first is named as the one that decided.
  const isAhead = stronger > 0 || (stronger === 0 && by.index < placed.index);
  return isAhead;
}

/** Does the block hold for every call for which the rule holds, and is it asked wherever the rule cannot be evaluated? */
function coversAll(block: PolicyRule, rule: PolicyRule): boolean {
  const { tool, agent, capability, arguments: tests = [] } = block.match;
  const { match } = rule;
  if (!covers(tool, match.tool) || !covers(agent, match.agent)) return false;
  // Of which nothing is known, a tool can nothing.
  if (capability !== undefined && match.capability === undefined) return false;
  if (!covers(capability, match.capability)) return false;
  if (tests.length === 0) return true;
  // Where a value cannot be compared, both follow their `onError`.
  const isAsked = block.onError === 'block' || rule.onError === 'allow';
  return isAsked && tests.every((test) => implies(match.arguments ?? [], test));
}

type Pattern = string | readonly string[] | undefined;

/** Is every name of the second one of the first? Without a pattern: any name. */
function covers(wide: Pattern, narrow: Pattern): boolean {
  if (wide === undefined) return true;
  if (narrow === undefined) return [wide].flat().includes('*');
  const isIn = nameTest([wide].flat());
  const prefixes = [wide].flat().filter((name) => name.endsWith('*'));
  return [narrow]
    .flat()
    .every((name) =>
      name.endsWith('*')
        ? prefixes.some((prefix) => name.startsWith(prefix.slice(0, -1)))
        : isIn(name),
    );
}

function shadowProblem({ rule, index }: Placed, by: PolicyRule): BundleProblem {
  const message = `rule ${by.id} (${by.verdict}, enforced) decides every call that it matches; remove it, or narrow ${by.id}`;
  return { message, path: ['rules', index], rule: rule.id };
}

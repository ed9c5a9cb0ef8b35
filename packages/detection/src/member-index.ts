import type { Rule } from './rule.ts';

/**
 * Which rules can have something to say of an object with these members, in their order; all of them where its members
 * are not known. Most results have none of the members that any
 * rule reads, and a tool call must not pay for the questions.
 */
export function createMemberIndex<Subject>(
  rules: readonly Rule<Subject>[],
): (names: readonly string[] | undefined) => readonly Rule<Subject>[] {
  const byMember = new Map<string, number>();
  const always = maskOf(rules, (rule) => rule.members === undefined);
  for (const member of new Set(rules.flatMap((rule) => rule.members ?? []))) {
    byMember.set(
      member,
      maskOf(rules, (rule) => rule.members?.includes(member) === true),
    );
  }
  const selections = new Map<number, readonly Rule<Subject>[]>();
  return (names) => {
    if (names === undefined) return rules;
    let mask = always;
    for (const name of names) mask |= byMember.get(name) ?? 0;
    const known = selections.get(mask);
    if (known !== undefined) return known;
    const selected = rules.filter((_, at) => (mask & (1 << at)) !== 0);
    if (selections.size < MAX_SELECTIONS) selections.set(mask, selected);
    return selected;
  };
}

/** Members come from strangers: no more combinations of rules are remembered. */
const MAX_SELECTIONS = 1_000;
/** As many as a bit mask holds. */
const MAX_RULES = 31;

function maskOf<Subject>(
  rules: readonly Rule<Subject>[],
  applies: (rule: Rule<Subject>) => boolean,
): number {
  if (rules.length > MAX_RULES) throw new RangeError(`more than ${MAX_RULES} rules on structure`);
  return rules.reduce((mask, rule, at) => (applies(rule) ? mask | (1 << at) : mask), 0);
}

import type { PolicyRule } from '@aftertrace/schema';

import type { BundleProblem } from './bundle-problem.ts';
import { parsePointer } from './pointer.ts';

/** What a schema cannot say about rules: what contradicts itself, and what would never do anything. */
export function checkRules(rules: readonly PolicyRule[]): readonly BundleProblem[] {
  return [...duplicateIds(rules), ...rules.flatMap(checkRule)];
}

function duplicateIds(rules: readonly PolicyRule[]): readonly BundleProblem[] {
  const first = new Map<string, number>();
  return rules.flatMap((rule, index) => {
    const earlier = first.get(rule.id);
    if (earlier === undefined) {
      first.set(rule.id, index);
      return [];
    }
    const message = `the id ${JSON.stringify(rule.id)} is taken by rules[${earlier}]; ids are unique in a bundle`;
    return [{ message, path: ['rules', index, 'id'], rule: rule.id }];
  });
}

type Report = (message: string, ...path: readonly (string | number)[]) => void;

function checkRule(rule: PolicyRule, index: number): readonly BundleProblem[] {
  const problems: BundleProblem[] = [];
  const report: Report = (message, ...path) => {
    problems.push({ message, path: ['rules', index, ...path], rule: rule.id });
  };
  checkNames(rule, report);
  checkChanges(rule, report);
  checkPointers(rule, report);
  checkResultRule(rule, report);
  return problems;
}

function checkNames(rule: PolicyRule, report: Report): void {
  for (const field of ['agent', 'tool'] as const) {
    for (const name of [rule.match[field] ?? []].flat()) {
      if (!name.slice(0, -1).includes('*')) continue;
      report(`${JSON.stringify(name)}: "*" may stand at the end only`, 'match', field);
    }
  }
}

function checkChanges(rule: PolicyRule, report: Report): void {
  const redactions = rule.with?.redactions ?? [];
  const transforms = rule.with?.transforms ?? [];
  if (rule.verdict === 'redact' && redactions.length === 0) {
    report('a rule that redacts needs with.redactions', 'verdict');
  }
  if (rule.verdict === 'transform' && transforms.length === 0) {
    report('a rule that transforms needs with.transforms', 'verdict');
  }
  const changes = ['redact', 'transform', 'escalate'].includes(rule.verdict);
  if (changes) return;
  const say = (what: string): string =>
    `a rule with the verdict ${rule.verdict} changes nothing: ${what} would never be applied`;
  if (redactions.length > 0) report(say('redactions'), 'with', 'redactions');
  if (transforms.length > 0) report(say('transforms'), 'with', 'transforms');
}

function checkPointers(rule: PolicyRule, report: Report): void {
  for (const field of ['redactions', 'transforms'] as const) {
    for (const [index, { pointer }] of (rule.with?.[field] ?? []).entries()) {
      if (parsePointer(pointer) !== undefined) continue;
      const message = `${JSON.stringify(pointer)} is not a JSON pointer (RFC 6901), for example "/customer/email"`;
      report(message, 'with', field, index, 'pointer');
    }
  }
}

/** After the call there is nothing left to ask or to change but the result. */
function checkResultRule(rule: PolicyRule, report: Report): void {
  if ((rule.match.result ?? []).length === 0) return;
  if (rule.verdict === 'escalate' || rule.verdict === 'transform') {
    report(`a rule about results cannot ${rule.verdict}: the call has been made`, 'verdict');
  }
  for (const [index, redaction] of (rule.with?.redactions ?? []).entries()) {
    if (redaction.in === 'result') continue;
    const message = 'a rule about results can redact results only: write "in: result"';
    report(message, 'with', 'redactions', index, 'in');
  }
}

import type { PolicyRule, ToolFacts } from '@aftertrace/schema';

import type { BundleProblem } from './bundle-problem.ts';
import { parseExpression } from './cel/parse-expression.ts';
import { compilePattern } from './pattern.ts';
import { parsePointer } from './pointer.ts';

/** What a schema cannot say about rules: what contradicts itself, and what would never do anything. */
export function checkRules(rules: readonly PolicyRule[]): readonly BundleProblem[] {
  return [...duplicateIds(rules), ...tooManyLabels(rules), ...rules.flatMap(checkRule)];
}

/** The same for what a bundle says of tools. */
export function checkTools(tools: readonly ToolFacts[]): readonly BundleProblem[] {
  return tools.flatMap(({ tool }, index) =>
    [tool]
      .flat()
      .filter(hasInnerStar)
      .map((name) => ({ message: innerStar(name), path: ['tools', index, 'tool'] })),
  );
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

/** Different labels that the rules of one bundle set: a conversation keeps all of them. */
const MAX_LABELS = 256;

function tooManyLabels(rules: readonly PolicyRule[]): readonly BundleProblem[] {
  const labels = new Set(rules.flatMap((rule) => rule.with?.labels ?? []));
  if (labels.size <= MAX_LABELS) return [];
  const message = `the rules set ${labels.size} different labels; at most ${MAX_LABELS} are kept of a conversation`;
  return [{ message, path: ['rules'] }];
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
  checkPatterns(rule, report);
  checkCounting(rule, report);
  checkWhen(rule, report);
  return problems;
}

function checkNames({ match }: PolicyRule, report: Report): void {
  const named = [
    { pattern: match.agent, path: ['match', 'agent'] },
    { pattern: match.tool, path: ['match', 'tool'] },
    { pattern: match.capability, path: ['match', 'capability'] },
    ...Object.entries(match.pinned ?? {}).map(([name, pattern]) => ({
      pattern,
      path: ['match', 'pinned', name],
    })),
    { pattern: match.conversation?.afterTools, path: ['match', 'conversation', 'afterTools'] },
    { pattern: match.conversation?.withoutTools, path: ['match', 'conversation', 'withoutTools'] },
  ];
  for (const { pattern, path } of named) {
    for (const name of [pattern ?? []].flat())
      if (hasInnerStar(name)) report(innerStar(name), ...path);
  }
}

function hasInnerStar(name: string): boolean {
  return name.slice(0, -1).includes('*');
}

function innerStar(name: string): string {
  return `${JSON.stringify(name)}: "*" may stand at the end only`;
}

function checkPatterns({ match }: PolicyRule, report: Report): void {
  for (const field of ['arguments', 'result'] as const) {
    for (const [index, { pattern }] of (match[field] ?? []).entries()) {
      if (pattern === undefined) continue;
      const wrong = problemOf(() => compilePattern(pattern));
      if (wrong === undefined) continue;
      report(`is no regular expression of RE2: ${wrong}`, 'match', field, index, 'pattern');
    }
  }
}

function checkCounting({ match, with: outcome }: PolicyRule, report: Report): void {
  const isAboutResults = (match.result ?? []).length > 0;
  for (const field of ['limit', 'breaker'] as const) {
    if (match[field] === undefined || !isAboutResults) continue;
    report(`a rule about results has no ${field}: the call has been made`, 'match', field);
  }
  if (match.limit === undefined || match.breaker === undefined) {
    checkWindow(match, report);
  } else {
    report('a rule has a limit or a breaker, not both: write two rules', 'match', 'breaker');
  }
  if (outcome?.labels !== undefined && match.breaker !== undefined) {
    report(
      'a rule with a breaker matches only what it refuses: it sets no labels',
      'with',
      'labels',
    );
  }
}

/** A count without an end would refuse for ever. */
function checkWindow({ limit }: PolicyRule['match'], report: Report): void {
  if (limit === undefined || limit.withinMillis !== undefined) return;
  if (limit.per === 'run' || limit.per === 'conversation') return;
  report(
    `a limit for each ${limit.per} needs withinMillis: without it, it would never allow anything again`,
    'match',
    'limit',
  );
}

function checkWhen({ when }: PolicyRule, report: Report): void {
  if (when === undefined) return;
  const wrong = problemOf(() => parseExpression(when));
  if (wrong !== undefined) report(wrong, 'when');
}

/** What is wrong, in words. */
function problemOf(attempt: () => unknown): string | undefined {
  try {
    attempt();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
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

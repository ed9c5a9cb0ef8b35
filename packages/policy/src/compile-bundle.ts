import { PolicyBundle, type PolicyRule } from '@aftertrace/schema';
import type { z } from 'zod';

import type { BundleProblem } from './bundle-problem.ts';
import type { PolicyDecision } from './call.ts';
import { checkRules, checkTools } from './check-rules.ts';
import { compileRule } from './compile-rule.ts';
import type {
  CompiledPolicy,
  CompiledRule,
  CompiledToolFacts,
  RuleIndex,
} from './compiled-policy.ts';
import { buildNameIndex, nameTest, type NameIndex, type NamedEntry } from './name-index.ts';
import { runRuleTests } from './rule-tests.ts';

/** A compiled policy with the validated bundle it came from, or everything that is wrong. */
export type CompileResult =
  | { readonly ok: true; readonly policy: CompiledPolicy; readonly bundle: PolicyBundle }
  | { readonly ok: false; readonly problems: readonly BundleProblem[] };

/**
 * Validates a bundle whole, compiles it, and runs each rule's own tests. A bundle with any problem gives no policy:
 * the one in force stays. Unknown keys are problems.
 */
export function compileBundle(input: unknown): CompileResult {
  const parsed = PolicyBundle.safeParse(input);
  if (!parsed.success) return { ok: false, problems: problemsOf(parsed.error, input) };
  const bundle = parsed.data;
  const structural = [...checkRules(bundle.rules), ...checkTools(bundle.tools ?? [])];
  if (structural.length > 0) return { ok: false, problems: structural };
  const policy = compileValid(bundle);
  const failed = runRuleTests(bundle, policy);
  return failed.length > 0 ? { ok: false, problems: failed } : { ok: true, policy, bundle };
}

function compileValid(bundle: PolicyBundle): CompiledPolicy {
  const rules = bundle.rules.map((rule, order) => Object.freeze(compileRule(rule, order)));
  const about = { name: bundle.name, revision: bundle.revision };
  const allow: PolicyDecision = Object.freeze({
    verdict: 'allow',
    action: 'allow',
    source: 'default',
    rules: Object.freeze([]),
    policy: Object.freeze(about),
    resultRedactions: Object.freeze([]),
  });
  const isAboutResults = (rule: CompiledRule): boolean => rule.resultTests.length > 0;
  return Object.freeze({
    ...about,
    rules: Object.freeze(rules),
    callRules: indexOf(
      bundle.rules,
      rules.filter((rule) => !isAboutResults(rule)),
    ),
    resultRules: indexOf(bundle.rules, rules.filter(isAboutResults)),
    tools: toolIndex(bundle),
    profiles: Object.freeze([...(bundle.profiles ?? [])]),
    requireAttached: bundle.requireAttached ?? false,
    remembersTool: rememberedTools(bundle.rules),
    allow,
  });
}

/** By name where `match.conversation` names tools; every one where an expression may look them up. */
function rememberedTools(rules: readonly PolicyRule[]): (name: string) => boolean {
  if (rules.some(({ when }) => when?.includes('tools') === true)) return () => true;
  return nameTest(
    rules.flatMap(({ match: { conversation: { afterTools = [], withoutTools = [] } = {} } }) =>
      [afterTools, withoutTools].flat(),
    ),
  );
}

function toolIndex({ tools = [] }: PolicyBundle): NameIndex<CompiledToolFacts> | undefined {
  if (tools.length === 0) return undefined;
  return buildNameIndex(
    tools.map(({ tool, reversibility, capabilities = [] }) => ({
      patterns: [tool].flat(),
      entry: Object.freeze({ reversibility, capabilities }),
    })),
  );
}

function indexOf(sources: readonly PolicyRule[], rules: readonly CompiledRule[]): RuleIndex {
  const byTool: NamedEntry<CompiledRule>[] = [];
  const byAgent: NamedEntry<CompiledRule>[] = [];
  const byCapability: NamedEntry<CompiledRule>[] = [];
  for (const entry of rules) {
    const { tool, capability, agent } = sources[entry.order]?.match ?? {};
    if (tool !== undefined) byTool.push({ patterns: [tool].flat(), entry });
    else if (capability !== undefined) byCapability.push({ patterns: [capability].flat(), entry });
    else if (agent !== undefined) byAgent.push({ patterns: [agent].flat(), entry });
    else byTool.push({ patterns: undefined, entry });
  }
  return {
    byTool: buildNameIndex(byTool),
    byAgent: buildNameIndex(byAgent),
    ...(byCapability.length === 0 ? {} : { byCapability: buildNameIndex(byCapability) }),
  };
}

function problemsOf(error: z.ZodError, input: unknown): readonly BundleProblem[] {
  return error.issues.flatMap((issue) => {
    const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part));
    const rule = ruleIdAt(input, path);
    const about = rule === undefined ? {} : { rule };
    if (issue.code !== 'unrecognized_keys') return [{ message: messageOf(issue), path, ...about }];
    return issue.keys.map((key) => ({
      message: `unknown key ${JSON.stringify(key)}; remove it or correct its spelling`,
      path: [...path, key],
      ...about,
    }));
  });
}

/** A union says of each of its members why it does not fit. */
function messageOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    const reasons = issue.errors.flatMap((branch) => branch.map(messageOf));
    return [...new Set(reasons)].join(', or: ');
  }
  return issue.message.replace(
    /^Invalid input: expected (.+), received undefined$/,
    'is missing; expected $1',
  );
}

/** The id that stands in the rule that a path leads into, if it has one. */
function ruleIdAt(input: unknown, path: readonly (string | number)[]): string | undefined {
  const [list, index] = path;
  if (list !== 'rules' || typeof index !== 'number') return undefined;
  const rule: unknown = (input as { rules?: readonly unknown[] }).rules?.[index];
  const id: unknown =
    typeof rule === 'object' && rule !== null ? (rule as { id?: unknown }).id : undefined;
  return typeof id === 'string' ? id : undefined;
}

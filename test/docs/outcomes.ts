/**
 * The reference of outcomes, made from the rules of `@aftertrace/detection` and from the examples that its tests run.
 * `pnpm docs:outcomes` writes it to `docs/reference/outcomes.md`; a test compares what is committed.
 */
import { readdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

import {
  runRuleInfos,
  toolRules,
  type RuleInfo,
  type RunFacts,
  type RunToolCall,
} from '@aftertrace/detection';

import { codeSpan, showValue } from './show-value.ts';

export const OUTCOMES_FILE = fileURLToPath(
  new URL('../../docs/reference/outcomes.md', import.meta.url),
);

const EXAMPLES_DIR = fileURLToPath(
  new URL('../../packages/detection/src/testing', import.meta.url),
);

/** Examples as the tests of detection have them: what they show, the facts, and for hits the outcome. */
interface Examples {
  readonly hits: readonly (readonly [what: string, facts: object, outcome?: object])[];
  readonly misses: readonly (readonly [what: string, facts: object])[];
}

const INTRODUCTION = `# Outcomes: what is asked, and what it says

This page is made from the rules and from the examples that their tests run: \`pnpm docs:outcomes\`. Rule ids are stable: they stand in telemetry (\`aftertrace.tool.failure.rule\`), in trajectory lines and in findings.`;

const TOOL_INTRODUCTION = `## Tool calls

The first _certain_ word counts, in this order: what was thrown, what the tool's profile says, what stands beside the result, the structure of the result from its outermost level inwards. Else the first _likely_ one, of structure before text. Only a certain failure sets span status. Values count, not keys: \`"error": null\` is no error.`;

const RUN_INTRODUCTION = `## Runs

Of the rules that have something to say the one with the greatest weight decides. A call is written as \`tool(arguments) outcome → result\`, both by digest; \`!\` marks a tool that writes, \`&\` joins the calls of one step.`;

/** @throws Error for a rule without examples: the page would hide it. */
export async function outcomesPage(): Promise<string> {
  const examples = await readExamples();
  const families = Map.groupBy(toolRules, ({ family }) => family);
  const sections = [...families].flatMap(([family, rules]) => [
    `### ${family.replaceAll('_', ' ')}`,
    ...rules.map((rule) => `#${section(rule, '', examples.get(rule.id))}`),
  ]);
  const runs = runRuleInfos.map((rule) =>
    section(rule, `Weight ${rule.weight}. `, examples.get(rule.id)),
  );
  return `${[INTRODUCTION, TOOL_INTRODUCTION, ...sections, RUN_INTRODUCTION, ...runs].join('\n\n')}\n`;
}

function section(rule: RuleInfo, before: string, examples: Examples | undefined): string {
  if (examples === undefined) throw new Error(`the rule ${rule.id} has no examples`);
  const lines = [
    `### ${codeSpan(rule.id)}`,
    '',
    `${before}Looks at ${rule.looksAt}. ${rule.description}`,
    '',
    'Hits:',
    '',
    ...examples.hits.map(([what, facts, outcome]) => item(what, facts, outcome)),
    '',
    'Must not hit:',
    '',
    ...examples.misses.map(([what, facts]) => item(what, facts, undefined)),
  ];
  return lines.join('\n');
}

function item(what: string, facts: object, outcome: object | undefined): string {
  const said =
    outcome === undefined || Object.keys(outcome).length === 0
      ? ''
      : ` → ${codeSpan(visible(showValue(outcome)))}`;
  return `- ${visible(what)}: ${codeSpan(visible(showFacts(facts)))}${said}`;
}

function showFacts(facts: object): string {
  if (!('toolCalls' in facts)) return showValue(facts);
  const { toolCalls, ...rest } = facts as RunFacts;
  const steps = [...Map.groupBy(toolCalls, ({ step }) => step).values()];
  const calls = steps.map((made) => made.map(showCall).join(' & ')).join('; ');
  const others = showValue(rest);
  return calls === '' ? others : `${calls}; ${others}`;
}

function showCall({ tool, writes, outcome, argumentsDigest, resultDigest }: RunToolCall): string {
  const result = resultDigest === undefined ? '' : ` → ${resultDigest}`;
  return `${tool}${writes === true ? '!' : ''}(${argumentsDigest ?? '?'}) ${outcome.outcome}${result}`;
}

/** Control characters and line ends of examples, as escapes. */
function visible(text: string): string {
  return text.replaceAll(
    /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu,
    (char) => `\\u${(char.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
  );
}

async function readExamples(): Promise<ReadonlyMap<string, Examples>> {
  const found = new Map<string, Examples>();
  const files = readdirSync(EXAMPLES_DIR).filter((file) => file.endsWith('.examples.ts'));
  for (const file of files.toSorted()) {
    const url = pathToFileURL(path.join(EXAMPLES_DIR, file)).href;
    const exported = (await import(url)) as Readonly<Record<string, unknown>>;
    for (const group of Object.values(exported)) {
      if (typeof group !== 'object' || group === null) continue;
      for (const [id, examples] of Object.entries(group)) {
        if (isExamples(examples)) found.set(id, examples);
      }
    }
  }
  return found;
}

function isExamples(value: unknown): value is Examples {
  return typeof value === 'object' && value !== null && 'hits' in value && 'misses' in value;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await writeFile(OUTCOMES_FILE, await outcomesPage());
  process.stdout.write(`${OUTCOMES_FILE}\n`);
}

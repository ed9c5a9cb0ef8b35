import { readFile } from 'node:fs/promises';

import type { PolicyDecision } from '@aftertrace/policy';
import { explainCall, type CallExplanation, type ExplainedRule } from '@aftertrace/policy/compile';
import { RuleTest } from '@aftertrace/schema';
import { z } from 'zod';

import { CommandError, ExitCode } from '../exit-code.ts';
import { findBundle } from '../policy/bundle-ref.ts';
import type { Output } from '../terminal/output.ts';
import { sanitize } from '../terminal/sanitize.ts';

/** What `aftertrace policy explain` was asked. */
export interface ExplainOptions {
  readonly tool?: string;
  readonly agent?: string;
  /** JSON; `@FILE` reads a file. */
  readonly arguments?: string;
  readonly result?: string;
  readonly given?: string;
  /** JSON of a whole call, instead of the four above. */
  readonly call?: string;
  readonly data?: string;
  readonly json: boolean;
}

const Asked = z.strictObject({ call: RuleTest.shape.call, given: RuleTest.shape.given });

/** `aftertrace policy explain BUNDLE`: what a call would be told, and which conditions of which rules hold for it. */
export async function explainPolicy(
  ref: string,
  options: ExplainOptions,
  output: Output,
): Promise<ExitCode> {
  const test = await readAsked(options);
  const { bundle, policy, name } = await findBundle(ref, options.data);
  const explained = explainCall({ bundle, policy, test, nowMillis: Date.now() });
  if (options.json) output.out(JSON.stringify(explained));
  else output.out(render(name, explained));
  return ExitCode.OK;
}

async function readAsked(options: ExplainOptions): Promise<z.infer<typeof Asked>> {
  const { tool, agent } = options;
  const args = await readValue('--arguments', options.arguments ?? '{}');
  const result = await readValue('--result', options.result);
  const written =
    options.call === undefined
      ? { ...(agent === undefined ? {} : { agent }), tool, arguments: args, result }
      : await readValue('--call', options.call);
  const parsed = Asked.safeParse({
    call: written,
    given: await readValue('--given', options.given),
  });
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new CommandError(
    `this is no call to explain: ${problems.join('; ')}; give --tool and --arguments, or --call`,
    { exitCode: ExitCode.USAGE },
  );
}

async function readValue(flag: string, text: string | undefined): Promise<unknown> {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text.startsWith('@') ? await readFile(text.slice(1), 'utf8') : text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : '';
    throw new CommandError(`${flag} is neither JSON nor @FILE with JSON: ${reason}`, {
      exitCode: ExitCode.USAGE,
      cause: error,
    });
  }
}

function render(
  name: string,
  { decision, resultDecision, rules, aboutOthers }: CallExplanation,
): string {
  const lines = [
    `${name}: ${describe(decision)}`,
    ...(resultDecision === undefined ? [] : [`the result: ${describe(resultDecision)}`]),
    ...rules.flatMap(ruleLines),
    `${aboutOthers} rules are about other tools or agents`,
  ];
  return lines.map((line) => sanitize(line, 300)).join('\n');
}

function describe({ action, verdict, rule, reason }: PolicyDecision): string {
  const shadow = verdict === action ? '' : ` (in shadow: ${verdict})`;
  const by = rule === undefined ? ', no rule matches' : `, by rule ${rule}: ${reason ?? ''}`;
  return `${action}${shadow}${by}`;
}

function ruleLines({
  id,
  verdict,
  mode,
  matches,
  onError,
  parts,
}: ExplainedRule): readonly string[] {
  const answer =
    onError === undefined
      ? ` ${matches ? 'matches' : 'does not match'}`
      : ` cannot be evaluated; its onError is ${onError}`;
  return [
    `${matches ? '=' : onError === undefined ? ' ' : '?'} rule ${id} (${verdict}, ${mode})${answer}`,
    ...parts.map(({ part, holds, unevaluated, written }) => {
      const said = unevaluated === true ? '?  ' : holds ? 'yes' : 'no ';
      return `    ${said} ${part}: ${JSON.stringify(written)}`;
    }),
  ];
}

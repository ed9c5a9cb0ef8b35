import { readFile } from 'node:fs/promises';

import {
  analyzeBundle,
  checkSignatures,
  formatProblem,
  readTrustedKeys,
  testRules,
} from '@aftertrace/policy/compile';
import { PolicyBundle } from '@aftertrace/schema';
import { z } from 'zod';

import { CommandError, ExitCode } from '../exit-code.ts';
import { loadBundle } from '../policy/load-bundle.ts';
import type { Output } from '../terminal/output.ts';
import { sanitize } from '../terminal/sanitize.ts';
import { renderTable } from '../terminal/table.ts';

/** What `aftertrace policy check` was asked. */
export interface CheckOptions {
  /** Rules that can never decide anything are errors, too. */
  readonly strict: boolean;
  /** File with public keys: the bundle has to be signed with one of them. */
  readonly keys?: string;
  readonly json: boolean;
}

/** `aftertrace policy check PATH` */
export async function checkPolicy(
  source: string,
  options: CheckOptions,
  output: Output,
): Promise<ExitCode> {
  const { bundle, written, locate } = await loadBundle(source);
  const signedBy = await checkSigned(source, written, options.keys);
  const warnings = analyzeBundle(bundle).map((problem) => formatProblem(locate(problem)));
  const ok = !options.strict || warnings.length === 0;
  const tests = bundle.rules.reduce((sum, rule) => sum + (rule.tests?.length ?? 0), 0);
  const rules = bundle.rules.length;
  const enforced = bundle.rules.filter(({ mode }) => mode === 'enforce').length;
  if (options.json) {
    const { name, revision } = bundle;
    output.out(JSON.stringify({ ok, name, revision, rules, enforced, tests, warnings, signedBy }));
  } else {
    output.out(
      `${source}: ${rules} rules (${enforced} enforced, ${rules - enforced} in shadow), ${tests} tests hold`,
    );
    if (signedBy !== undefined) output.out(`  signed by ${signedBy.join(', ')}`);
    for (const warning of warnings) output.err(sanitize(`warning: ${warning}`, 1_000));
  }
  return ok ? ExitCode.OK : ExitCode.FAILED;
}

async function checkSigned(
  source: string,
  written: unknown,
  keys: string | undefined,
): Promise<readonly string[] | undefined> {
  if (keys === undefined) return undefined;
  let problem: string;
  try {
    const check = checkSignatures(written, readTrustedKeys(await readFile(keys, 'utf8')));
    if (check.ok) return check.keyIds;
    problem = check.problems.map(formatProblem).join('\n');
  } catch (error) {
    problem = `the keys ${keys} cannot be used: ${error instanceof Error ? error.message : ''}`;
  }
  throw new CommandError(`${source}: ${problem}`);
}

/** `aftertrace policy test PATH`: each test of each rule, and which rules have none. */
export async function testPolicy(
  source: string,
  options: { readonly json: boolean },
  output: Output,
): Promise<ExitCode> {
  const { bundle, policy } = await loadBundle(source);
  const results = testRules(bundle, policy);
  const tested = new Set(results.map(({ rule }) => rule));
  const untested = bundle.rules.map(({ id }) => id).filter((id) => !tested.has(id));
  if (options.json) {
    output.out(JSON.stringify({ ok: true, tests: results, untested }));
    return ExitCode.OK;
  }
  if (results.length > 0) {
    const rows = results.map(({ rule, name, decided }) => [rule, name, decided]);
    output.out(renderTable(['RULE', 'TEST', 'DECIDES, AS EXPECTED'], rows));
  }
  output.out(`${results.length} tests hold`);
  if (untested.length > 0) {
    output.out(sanitize(`without a test: ${untested.join(', ')}`, 2_000));
  }
  return ExitCode.OK;
}

/** `aftertrace policy schema`: the JSON Schema of a bundle, for editors. */
export function printPolicySchema(output: Output): ExitCode {
  const schema = z.toJSONSchema(PolicyBundle, { io: 'input', unrepresentable: 'any' });
  output.out(JSON.stringify(schema, undefined, 2));
  return ExitCode.OK;
}

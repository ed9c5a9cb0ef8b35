import { readFile } from 'node:fs/promises';

import { formatProblem, parseBundle } from '@aftertrace/policy/compile';
import type { CompiledPolicy } from '@aftertrace/policy';
import type { PolicyBundle } from '@aftertrace/schema';

import { CommandError, ExitCode } from '../exit-code.ts';
import type { Output } from '../terminal/output.ts';

/**
 * A bundle from a file, compiled, its rules' own tests run.
 *
 * @throws CommandError with every problem, each with line and column.
 */
export async function loadBundle(
  file: string,
): Promise<{ policy: CompiledPolicy; bundle: PolicyBundle }> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new CommandError(`cannot read ${file}: ${error instanceof Error ? error.message : ''}`, {
      cause: error,
    });
  }
  const result = parseBundle(text, { file });
  if (result.ok) return result;
  const lines = result.problems.map(formatProblem);
  throw new CommandError(`${file} is not a policy bundle:\n${lines.map((line) => `  ${line}`).join('\n')}`);
}

/** `aftertrace policy check FILE` */
export async function checkPolicy(
  file: string,
  options: { readonly json: boolean },
  output: Output,
): Promise<ExitCode> {
  const { bundle } = await loadBundle(file);
  const tests = bundle.rules.reduce((sum, rule) => sum + (rule.tests?.length ?? 0), 0);
  const enforced = bundle.rules.filter(({ mode }) => mode === 'enforce').length;
  if (options.json) {
    output.out(JSON.stringify({ ok: true, name: bundle.name, rules: bundle.rules.length, enforced, tests }));
  } else {
    output.out(
      `${file}: ${bundle.rules.length} rules (${enforced} enforced, ${bundle.rules.length - enforced} in shadow), ${tests} tests hold`,
    );
  }
  return ExitCode.OK;
}

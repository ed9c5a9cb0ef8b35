import { readFile, writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline/promises';

import { askAnswers, type Ask } from '../collector/ask-answers.ts';
import { checkCollectorConfig } from '../collector/check/check-config.ts';
import type { CheckFinding } from '../collector/check/check-rules.ts';
import {
  CollectorAnswers,
  sendsTokenInPlain,
  type CollectorAnswersInput,
} from '../collector/collector-answers.ts';
import { writeCollectorConfig } from '../collector/write-config.ts';
import { CommandError, ExitCode } from '../exit-code.ts';
import type { Output } from '../terminal/output.ts';
import { sanitize } from '../terminal/sanitize.ts';

/** Options of {@link initCollector}. */
export interface InitOptions {
  /** What the flags say. */
  readonly answers: CollectorAnswersInput;
  /** Where the configuration goes; `-`: to standard output. */
  readonly out: string;
  /** Write over what is there. */
  readonly force: boolean;
  readonly json: boolean;
  /** Asks for the rest; absent: nobody is asked, and defaults hold. */
  readonly ask?: Ask | undefined;
}

/** `aftertrace collector init`: one complete configuration of a Collector. */
export async function initCollector(options: InitOptions, output: Output): Promise<ExitCode> {
  const { out, force, json, ask } = options;
  const given = ask ? await askAnswers(options.answers, ask, output.err) : options.answers;
  const parsed = CollectorAnswers.safeParse(given);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(
      ({ path, message }) => `--${flagOf(path.join('.'))}: ${message}`,
    );
    throw new CommandError(problems.join('\n'), { exitCode: ExitCode.USAGE });
  }
  if (sendsTokenInPlain(parsed.data))
    output.err(
      `warning: --token goes to ${sanitize(parsed.data.companion)} without TLS, for whoever is on the way to read; give it an https address`,
    );
  const text = writeCollectorConfig(given);
  if (out === '-') {
    output.out(json ? JSON.stringify({ answers: parsed.data, text }) : text.trimEnd());
    return ExitCode.OK;
  }
  await writeFile(out, text, { flag: force ? 'w' : 'wx' }).catch((error: unknown) => {
    throw new CommandError(whyNotWritten(out, error), { cause: error });
  });
  if (json) output.out(JSON.stringify({ file: out, answers: parsed.data }));
  else
    output.out(
      `${sanitize(out)} is written; look at it, then: otelcol-contrib --config ${sanitize(out)}`,
    );
  return ExitCode.OK;
}

/** `caFile` is `--ca-file` to whoever types it. */
function flagOf(field: string): string {
  return field.replaceAll(/[A-Z]/g, (capital) => `-${capital.toLowerCase()}`);
}

function whyNotWritten(file: string, error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  return code === 'EEXIST'
    ? `${file} is there already; --force writes over it, --out takes another name`
    : `${file} cannot be written: ${String(error)}`;
}

/** Runs `use` with a person at the terminal to ask, or nobody where there is no terminal. */
export async function withPerson<T>(
  isAsked: boolean,
  use: (ask: Ask | undefined) => Promise<T>,
): Promise<T> {
  if (!isAsked || !process.stdin.isTTY) return use(undefined);
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  // Taken one by one, so that lines that were pasted wait for their questions.
  const lines = terminal[Symbol.asyncIterator]();
  try {
    return await use(async (question) => {
      process.stderr.write(question);
      const { done, value } = await lines.next();
      if (done === true) throw new CommandError('no answer; nothing was written');
      return value;
    });
  } finally {
    terminal.close();
  }
}

/** Options of {@link checkCollector}. */
export interface CollectorCheckOptions {
  /** Ids of the exporters to the companion, where neither name nor port tells. */
  readonly exporter?: readonly string[];
  readonly json: boolean;
}

/**
 * `aftertrace collector check FILE`: exit code 0 where nothing was found but notes, 1 where something was, 2 where the
 * file is no configuration of a Collector.
 */
export async function checkCollector(
  file: string,
  options: CollectorCheckOptions,
  output: Output,
): Promise<ExitCode> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new CommandError(`${file} cannot be read: ${String(error)}`, {
      exitCode: ExitCode.USAGE,
      cause: error,
    });
  });
  const result = checkCollectorConfig(text, { exporters: options.exporter });
  if (!result.ok) {
    if (options.json) output.out(JSON.stringify({ file, ...result }));
    else output.err(`${sanitize(file)}:${result.line}: ${sanitize(result.message, 500)}`);
    return ExitCode.USAGE;
  }
  const { findings } = result;
  const bad = findings.filter(({ severity }) => severity !== 'note');
  if (options.json) output.out(JSON.stringify({ file, ok: bad.length === 0, findings }));
  else {
    for (const finding of findings) output.out(describeFinding(file, finding));
    output.out(`${sanitize(file)}: ${countOf(findings)}`);
  }
  return bad.length === 0 ? ExitCode.OK : ExitCode.FAILED;
}

function describeFinding(file: string, finding: CheckFinding): string {
  const { rule, line, where, severity, what, why, fix } = finding;
  return [
    `${sanitize(file)}:${line}: ${severity} ${rule}: ${what}`,
    `    at   ${sanitize(where)}`,
    `    why  ${why}`,
    `    do   ${fix}`,
  ].join('\n');
}

function countOf(findings: readonly CheckFinding[]): string {
  const counts = (['error', 'warning', 'note'] as const).map((severity) => {
    const count = findings.filter((finding) => finding.severity === severity).length;
    return `${count} ${severity}${count === 1 ? '' : 's'}`;
  });
  return findings.length === 0 ? 'no known trap' : counts.join(', ');
}

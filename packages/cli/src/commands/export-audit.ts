import { existsSync } from 'node:fs';
import { copyFile, mkdir, open, readdir } from 'node:fs/promises';
import path from 'node:path';

import { createDetailStore, openEntry } from '@aftertrace/control';
import { readLedgerLines } from '@aftertrace/ledger';
import { AuditType, LedgerEntry } from '@aftertrace/schema';

import { auditFiles } from '../companion/audit-ledger.ts';
import { CommandError, ExitCode } from '../exit-code.ts';
import { requireData } from '../require-data.ts';
import type { Output } from '../terminal/output.ts';
import { parseMoment } from '../trajectories/parse-moment.ts';

/** Options of `aftertrace audit export`. */
export interface ExportAuditOptions {
  readonly data: string;
  /** A directory that gets all that a verification needs; absent: lines go to the output. */
  readonly out?: string;
  readonly type?: readonly string[];
  readonly since?: string;
  readonly until?: string;
  /** Print what people wrote instead of its digest, where it is still there. */
  readonly texts?: boolean;
}

/** `aftertrace audit export`: the lines as they are stored, while a companion writes, too. */
export async function exportAudit(options: ExportAuditOptions, output: Output): Promise<ExitCode> {
  const { out, type, since, until } = options;
  const dataDir = await requireData(options.data);
  const { log } = auditFiles(dataDir);
  if (!existsSync(log)) throw new CommandError(`there is no audit log at ${log}`);
  const { texts = false } = options;
  const isPart = texts || type !== undefined || since !== undefined || until !== undefined;
  if (out === undefined)
    return isPart ? printPart(dataDir, options, output) : printAll(log, output);
  if (isPart) {
    throw new CommandError(
      'a part of the log, or one with its texts, cannot be verified: leave --out away to print it, or --type, --since, --until and --texts to export all',
      { exitCode: ExitCode.USAGE },
    );
  }
  const { lines, missing } = await exportWhole(dataDir, out);
  for (const name of missing)
    output.err(`there is no ${name} in ${dataDir}: what only that could show is not in the export`);
  output.out(
    `${lines} entries, with their checkpoints and public keys, are in ${out}\n` +
      `verify with: aftertrace audit verify --file ${path.join(out, 'audit.jsonl')} --checkpoints ${path.join(out, 'audit.checkpoints.jsonl')} --key FILE`,
  );
  return ExitCode.OK;
}

async function printAll(log: string, output: Output): Promise<ExitCode> {
  for await (const line of readLedgerLines(log)) {
    if (output.isClosed?.() === true) break;
    output.out(line);
  }
  return ExitCode.OK;
}

async function printPart(
  dataDir: string,
  options: ExportAuditOptions,
  output: Output,
): Promise<ExitCode> {
  const isWanted = wantedBy(options);
  const { log } = auditFiles(dataDir);
  const details = createDetailStore({ dataDir });
  let broken = 0;
  for await (const line of readLedgerLines(log)) {
    if (output.isClosed?.() === true) break;
    const entry = entryOf(line);
    if (entry === undefined) broken += 1;
    else if (isWanted(entry))
      output.out(options.texts === true ? JSON.stringify(await openEntry(details, entry)) : line);
  }
  if (broken === 0) return ExitCode.OK;
  output.err(
    `${broken} ${broken === 1 ? 'line is no entry and was' : 'lines are no entries and were'} left out; "aftertrace audit verify" names what is wrong`,
  );
  return ExitCode.FAILED;
}

/** The entry of a line; undefined for what is none. */
function entryOf(line: string): LedgerEntry | undefined {
  try {
    return LedgerEntry.safeParse(JSON.parse(line)).data;
  } catch {
    // Not even JSON.
    return undefined;
  }
}

/** Which entries are printed; times are read once, before the first. */
function wantedBy({ type, since, until }: ExportAuditOptions): (entry: LedgerEntry) => boolean {
  const from = since === undefined ? -Infinity : momentOf(since);
  const to = until === undefined ? Infinity : momentOf(until);
  const strange = type?.find((name) => !AuditType.safeParse(name).success);
  if (strange !== undefined) {
    throw new CommandError(
      `"${strange}" is no type of entry; those are: ${AuditType.options.join(', ')}`,
      { exitCode: ExitCode.USAGE },
    );
  }
  return ({ at, type: found }) => {
    const atMillis = Date.parse(at);
    return atMillis >= from && atMillis < to && (type === undefined || type.includes(found));
  };
}

function momentOf(text: string): number {
  const moment = parseMoment(text, Date.now());
  if (moment !== undefined) return moment;
  throw new CommandError(`"${text}" is neither an age such as 2h nor a UTC time`, {
    exitCode: ExitCode.USAGE,
  });
}

async function exportWhole(
  dataDir: string,
  out: string,
): Promise<{ readonly lines: number; readonly missing: readonly string[] }> {
  await mkdir(out, { recursive: true, mode: 0o700 });
  if ((await readdir(out)).length > 0)
    throw new CommandError(`${out} is not empty; give a directory of its own to each export`);
  const { log, checkpoints } = auditFiles(dataDir);
  const missing: string[] = [];
  // Checkpoints first: they must not state more than what is copied after them.
  for (const file of [checkpoints, path.join(dataDir, 'audit.pub.pem')]) {
    const name = path.basename(file);
    // A log from before logs were signed has neither.
    if (existsSync(file)) await copyFile(file, path.join(out, name));
    else missing.push(name);
  }
  const target = await open(path.join(out, path.basename(log)), 'wx', 0o600);
  let lines = 0;
  try {
    for await (const line of readLedgerLines(log)) {
      await target.appendFile(`${line}\n`);
      lines += 1;
    }
    await target.sync();
  } finally {
    await target.close();
  }
  return { lines, missing };
}

import { copyFile, mkdir, open, readdir } from 'node:fs/promises';
import path from 'node:path';

import { readLedgerLines } from '@aftertrace/ledger';
import { LedgerEntry } from '@aftertrace/schema';

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
}

/** `aftertrace audit export`: the lines as they are stored, while a companion writes, too. */
export async function exportAudit(options: ExportAuditOptions, output: Output): Promise<ExitCode> {
  const { out, type, since, until } = options;
  const dataDir = await requireData(options.data);
  if (out === undefined) {
    const isWanted = wantedBy(options);
    for await (const line of readLedgerLines(auditFiles(dataDir).log))
      if (isWanted(line)) output.out(line);
    return ExitCode.OK;
  }
  if (type !== undefined || since !== undefined || until !== undefined) {
    throw new CommandError(
      'a part of the log cannot be verified: leave --out away to print a part, or --type, --since and --until to export all',
      { exitCode: ExitCode.USAGE },
    );
  }
  const lines = await exportWhole(dataDir, out);
  output.out(
    `${lines} entries, their checkpoints and public keys are in ${out}\n` +
      `verify with: aftertrace audit verify --file ${path.join(out, 'audit.jsonl')} --checkpoints ${path.join(out, 'audit.checkpoints.jsonl')} --key FILE`,
  );
  return ExitCode.OK;
}

type Wanted = (line: string) => boolean;

/** Which lines are printed; times are read once, before the first. */
function wantedBy({ type, since, until }: ExportAuditOptions): Wanted {
  if (type === undefined && since === undefined && until === undefined) return () => true;
  const from = since === undefined ? -Infinity : momentOf(since);
  const to = until === undefined ? Infinity : momentOf(until);
  return (line) => {
    const parsed = LedgerEntry.safeParse(JSON.parse(line));
    if (!parsed.success) return false;
    const at = Date.parse(parsed.data.at);
    return at >= from && at < to && (type === undefined || type.includes(parsed.data.type));
  };
}

function momentOf(text: string): number {
  const moment = parseMoment(text, Date.now());
  if (moment !== undefined) return moment;
  throw new CommandError(`"${text}" is neither an age such as 2h nor a UTC time`, {
    exitCode: ExitCode.USAGE,
  });
}

async function exportWhole(dataDir: string, out: string): Promise<number> {
  await mkdir(out, { recursive: true, mode: 0o700 });
  if ((await readdir(out)).length > 0)
    throw new CommandError(`${out} is not empty; give a directory of its own to each export`);
  const { log, checkpoints } = auditFiles(dataDir);
  // Checkpoints first: they must not state more than what is copied after them.
  for (const file of [checkpoints, path.join(dataDir, 'audit.pub.pem')])
    await copyFile(file, path.join(out, path.basename(file)));
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
  return lines;
}

import { stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';

import { supportedFrameworks } from '@aftertrace/instrumentation/supported-frameworks';

import { checkCompanion } from '../doctor/check-companion.ts';
import { checkEvidence } from '../doctor/check-evidence.ts';
import { checkFrameworks } from '../doctor/check-frameworks.ts';
import { checkCopies, checkNode, checkOthers } from '../doctor/check-installation.ts';
import type { Check } from '../doctor/check.ts';
import { installedPackages } from '../doctor/installed-packages.ts';
import { runApplication, type ApplicationSeen } from '../doctor/run-application.ts';
import { CommandError, ExitCode } from '../exit-code.ts';
import type { Output } from '../terminal/output.ts';
import { sanitize } from '../terminal/sanitize.ts';
import { renderTable } from '../terminal/table.ts';

/** Options of `aftertrace doctor`. */
export interface DoctorOptions {
  /** Entry of an application, which is run for a while. */
  readonly app?: string;
  /** How long it may run. */
  readonly waitMillis: number;
  readonly json: boolean;
}

const STATUS = { ok: 'ok', note: 'note', problem: 'PROBLEM' } as const;

/** Says what of an application is attached, doubled, mis-versioned or unenforced, and why. */
export async function doctor(options: DoctorOptions, output: Output): Promise<number> {
  const { app, waitMillis, json } = options;
  const directory = app === undefined ? process.cwd() : path.dirname(await entryOf(app));
  const installed = await installedPackages(directory);
  const seen =
    app === undefined
      ? undefined
      : await runApplication({
          entry: path.resolve(app),
          timeoutMillis: waitMillis,
          env: process.env,
        });
  const checks: readonly Check[] = [
    checkNode(process.versions.node),
    ...checkFrameworks({ supported: supportedFrameworks(), installed, seen }),
    ...checkOthers(installed),
    ...checkCopies(installed),
    ...(seen === undefined ? [] : endOf(seen)),
    ...(await checkCompanion(process.env)),
    ...(await checkEvidence(process.env, homedir())),
  ];
  const problems = checks.filter(({ status }) => status === 'problem').length;
  if (json) output.out(JSON.stringify({ directory, problems, checks }, undefined, 2));
  else {
    const rows = checks.map(({ status, subject, finding }) => [STATUS[status], subject, finding]);
    output.out(renderTable(['', 'WHAT', 'FINDING'], rows, { maxColumnChars: 300 }));
    output.err(problems === 0 ? 'nothing is wrong' : `${problems} to look at`);
  }
  return problems === 0 ? ExitCode.OK : ExitCode.FAILED;
}

async function entryOf(app: string): Promise<string> {
  const entry = path.resolve(app);
  const found = await stat(entry).catch(() => undefined);
  if (found?.isFile() === true) return entry;
  throw new CommandError(`${sanitize(app)} is no file`, { exitCode: ExitCode.USAGE });
}

/** An application that failed may not have come to what it loads later. */
function endOf({ code, stderr }: ApplicationSeen): readonly Check[] {
  if (code === undefined || code === 0) return [];
  const last = stderr.trimEnd().split('\n').at(-1) ?? '';
  return [
    {
      topic: 'framework',
      status: 'note',
      subject: 'application',
      finding: `ended with exit code ${code}, so it may not have loaded everything: ${last}`,
    },
  ];
}

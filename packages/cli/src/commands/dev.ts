import { spawn } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { constants } from 'node:os';
import path from 'node:path';

import type { ControlPlane } from '@aftertrace/control';
import type { Actor, Finding, WrittenTrajectory } from '@aftertrace/schema';
import { Env } from '@aftertrace/schema/names';

import { createAttachmentTable, readAttachments } from '../companion/attachments.ts';
import { createCompanion } from '../companion/create-companion.ts';
import { openOwnDataDir } from '../companion/data-dir.ts';
import { keptToken } from '../companion/kept-token.ts';
import { preloadOptions } from '../companion/preload-options.ts';
import { settingsOf } from '../companion/settings.ts';
import type { ConfigFlags } from '../config/flag-layer.ts';
import { loadConfig } from '../config/load-config.ts';
import { CommandError, ExitCode } from '../exit-code.ts';
import type { Output } from '../terminal/output.ts';
import { createLog } from '../terminal/progress-log.ts';
import { sanitize } from '../terminal/sanitize.ts';

/** Options of `aftertrace dev`. */
export interface DevOptions {
  /** Configuration file. */
  readonly config?: string;
  readonly flags: ConfigFlags;
  /** File of tool profiles, in the place of those of the configuration. */
  readonly profiles?: string;
}

const ANY_PORT = { host: '127.0.0.1', port: 0 } as const;
const ATTACHMENTS_POLL_MILLIS = 150;
/** Telemetry of the end of the application may still be on its way. */
const SETTLE_MILLIS = 300;

/**
 * `aftertrace dev -- node app.js`: a companion and an application under it, with preload, endpoint and token set.
 * Nothing is enforced: no policy is published. Ends with the application's own exit code.
 */
export async function dev(
  command: readonly string[],
  options: DevOptions,
  output: Output,
): Promise<number> {
  const { config: file, flags, profiles } = options;
  const config = await loadConfig({ file, flags, profiles });
  const settings = await settingsOf(config);
  const content = config.content !== 'none';
  const dataDir = await openOwnDataDir(config.data);
  const log = createLog(output, Date.now);
  try {
    const token = await keptToken(dataDir.path);
    const counts = { success: 0, failure: 0, unresolved: 0, findings: 0 };
    const companion = await createCompanion({
      dataDir,
      token,
      listen: { otlp: ANY_PORT, console: ANY_PORT },
      destinations: [],
      ...settings,
      log: (level, message) => {
        if (level !== 'info') log(level, message);
      },
      now: Date.now,
      onFinding: (finding) => {
        counts.findings += 1;
        output.err(describeFinding(finding));
      },
      onRun: ({ file }) => {
        counts[outcomeFolder(file)] += 1;
      },
    });
    let code: number;
    try {
      const addresses = await companion.start();
      if (addresses === undefined) throw new Error('a companion for an application listens');
      output.err(
        `aftertrace: companion at ${addresses.otlp}, data in ${dataDir.path}; nothing is enforced`,
      );
      const attachments = path.join(dataDir.path, `attachments-${process.pid}.jsonl`);
      code = await withApplicationToken(companion.control, async (secret) => {
        const env = applicationEnv({ ...addresses, token: secret, attachments, content });
        return runApplication(command, env, { attachments, output });
      });
      await rm(attachments, { force: true });
      await new Promise((resolve) => {
        setTimeout(resolve, SETTLE_MILLIS);
      });
      await companion.pipeline.flush({ all: true });
    } finally {
      await companion.shutdown(config.shutdownMillis);
    }
    output.err(
      `aftertrace: ${counts.success} successful, ${counts.failure} failed, ${counts.unresolved} unresolved runs, ${counts.findings} findings; see ${path.join(config.data, 'trajectories')} and "aftertrace incidents --data ${config.data}"`,
    );
    return code;
  } finally {
    await dataDir.close();
  }
}

const DEV: Actor = { kind: 'system', id: 'aftertrace/dev', assurance: 'asserted' };
/** Of a token whose companion did not come to end it. */
const TOKEN_TTL_MILLIS = 7 * 24 * 3600 * 1000;

/** A token of role `agent` for as long as the application runs: nothing in it can release, answer or publish. */
async function withApplicationToken<T>(
  control: Pick<ControlPlane, 'createToken' | 'revokeToken'>,
  run: (secret: string) => Promise<T>,
): Promise<T> {
  const about = { actor: DEV, reason: 'an application under aftertrace dev' };
  const issued = await control.createToken({
    ...about,
    role: 'agent',
    name: 'aftertrace dev',
    ttlMillis: TOKEN_TTL_MILLIS,
  });
  if (!issued.ok) throw new CommandError(issued.error.message);
  const { secret, token } = issued.value;
  try {
    return await run(secret);
  } finally {
    // What could not be sealed ends by its time; the application has ended anyway.
    await control.revokeToken({ ...about, id: token.id });
  }
}

/** The environment in which the application is watched; what was set before stays, where it says the same. */
function applicationEnv(facts: {
  readonly otlp: string;
  readonly console: string;
  readonly token: string;
  readonly attachments: string;
  readonly content: boolean;
}): NodeJS.ProcessEnv {
  const capture = process.env[Env.CAPTURE_CONTENT] ?? 'true';
  return {
    ...process.env,
    NODE_OPTIONS: [process.env['NODE_OPTIONS'], ...preloadOptions()].filter(Boolean).join(' '),
    [Env.COMPANION]: facts.console,
    [Env.TOKEN]: facts.token,
    [Env.OTLP]: facts.otlp,
    [Env.ATTACHMENTS]: facts.attachments,
    ...(facts.content ? { [Env.CAPTURE_CONTENT]: capture } : {}),
  };
}

function outcomeFolder(file: WrittenTrajectory['file']): 'success' | 'failure' | 'unresolved' {
  const folder = file.split('/')[1];
  return folder === 'success' || folder === 'failure' ? folder : 'unresolved';
}

function describeFinding(finding: Finding): string {
  const where = [finding.agent, finding.tool].filter((part) => part !== undefined).join(' / ');
  const time = finding.at.slice(11, 23);
  return sanitize(
    `${time} ${finding.severityHint} ${finding.kind} in ${where}: ${finding.summary}`,
    300,
  );
}

interface Watch {
  readonly attachments: string;
  readonly output: Output;
}

/** Runs the application on this terminal; signals are its own. Tells what was attached as soon as that is known. */
async function runApplication(
  command: readonly string[],
  env: NodeJS.ProcessEnv,
  { attachments, output }: Watch,
): Promise<number> {
  const [program, ...args] = command;
  if (program === undefined) throw new CommandError('nothing to run', { exitCode: ExitCode.USAGE });
  const child = spawn(program, args, { env, stdio: 'inherit' });
  const ignore = (): void => undefined;
  // The terminal sends Ctrl-C to both; the application decides when it ends, and then so do we.
  process.on('SIGINT', ignore);
  const forward = (): void => void child.kill('SIGTERM');
  process.on('SIGTERM', forward);
  const table = createAttachmentTable();
  const show = async (): Promise<void> => {
    const text = table.news(await readAttachments(attachments));
    if (text !== undefined) output.err(text);
  };
  const timer = setInterval(() => void show(), ATTACHMENTS_POLL_MILLIS);
  try {
    const code = await new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (exitCode, signal) =>
        resolve(exitCode ?? 128 + (constants.signals[signal ?? 'SIGKILL'] ?? 0)),
      );
    });
    await show();
    if (table.isEmpty())
      output.err('aftertrace: no known agent framework was loaded by this application');
    return code;
  } catch (error) {
    throw new CommandError(
      `cannot run ${sanitize(program)}: ${error instanceof Error ? error.message : ''}`,
      {
        cause: error,
      },
    );
  } finally {
    clearInterval(timer);
    process.off('SIGINT', ignore);
    process.off('SIGTERM', forward);
  }
}

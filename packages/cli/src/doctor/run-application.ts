import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { Env } from '@aftertrace/schema/names';

import { readAttachments, type Attachment } from '../companion/attachments.ts';
import { CommandError } from '../exit-code.ts';
import { sanitize } from '../terminal/sanitize.ts';

/** What to run. */
export interface ApplicationOptions {
  /** File that Node is given. */
  readonly entry: string;
  /** Ended after so long. */
  readonly timeoutMillis: number;
  readonly env: NodeJS.ProcessEnv;
}

/** What was seen of it. */
export interface ApplicationSeen {
  readonly attachments: readonly Attachment[];
  /** Its exit code; undefined: it was ended by us, or by a signal. */
  readonly code: number | undefined;
  /** The end of what it wrote to standard error. */
  readonly stderr: string;
}

/** Between asking an application to end and ending it. */
const GRACE_MILLIS = 2_000;
const MAX_STDERR_CHARS = 2_000;

/**
 * Runs an application for a while with the instrumentation, and without an SDK of ours: what it does it does for real, its
 * telemetry goes where it sends it itself.
 *
 * @throws CommandError where it cannot be started
 */
export async function runApplication(options: ApplicationOptions): Promise<ApplicationSeen> {
  const directory = await mkdtemp(path.join(tmpdir(), 'aftertrace-doctor-'));
  try {
    const file = path.join(directory, 'attachments.jsonl');
    const { code, stderr } = await untilEnded(options, file);
    return { attachments: await readAttachments(file), code, stderr };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function untilEnded(
  { entry, timeoutMillis, env }: ApplicationOptions,
  file: string,
): Promise<Omit<ApplicationSeen, 'attachments'>> {
  const child = spawn(process.execPath, [...registerOptions(), entry], {
    env: { ...env, [Env.ATTACHMENTS]: file },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-MAX_STDERR_CHARS);
  });
  const ask = setTimeout(() => child.kill('SIGTERM'), timeoutMillis);
  const end = setTimeout(() => {
    child.kill('SIGKILL');
    // A process that it started may hold this open for as long as it likes.
    child.stderr.destroy();
  }, timeoutMillis + GRACE_MILLIS);
  try {
    const code = await new Promise<number | undefined>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (exitCode) => resolve(exitCode ?? undefined));
    });
    return { code, stderr };
  } catch (error) {
    throw new CommandError(`cannot run ${sanitize(entry)}: ${String(error)}`, { cause: error });
  } finally {
    clearTimeout(ask);
    clearTimeout(end);
  }
}

/** As `preloadOptions`, without an SDK. */
function registerOptions(): string[] {
  const preload = import.meta.resolve('@aftertrace/instrumentation/register');
  const conditions = preload.endsWith('.ts') ? ['--conditions=@aftertrace/source'] : [];
  return [...conditions, '--import', preload];
}

import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A process of the demo: its lines as they come, and a way to end it. */
export interface Running {
  readonly pid: number;
  readonly child: ChildProcess;
  /** The next line on standard output. Rejects when the process ends first. */
  readonly nextLine: () => Promise<string>;
  /** All lines since the last call that nobody has asked for. */
  readonly takeLines: () => string[];
  /** Asks it to end and waits; after 5 s it is killed. */
  readonly stop: (signal?: NodeJS.Signals) => Promise<void>;
}

export interface StartOptions {
  readonly name: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Standard error goes to `<logDir>/<name>.log`. */
  readonly logDir: string;
}

/** Starts Node with the workspace's sources. Only the given environment and what Node itself needs is handed on. */
export function start(options: StartOptions): Running {
  const child = spawn(process.execPath, ['--conditions=@aftertrace/source', ...options.args], {
    env: { ...inherited(), ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stderr.pipe(
    createWriteStream(path.join(options.logDir, `${options.name}.log`), { flags: 'a' }),
  );
  const lines: string[] = [];
  const waiting: { resolve: (line: string) => void; reject: (error: Error) => void }[] = [];
  let ended: Error | undefined;
  createInterface({ input: child.stdout }).on('line', (line) => {
    const next = waiting.shift();
    if (next === undefined) lines.push(line);
    else next.resolve(line);
  });
  const exit = new Promise<void>((resolve) => {
    child.once('exit', (code, signal) => {
      ended = new Error(`${options.name} ended (${signal ?? code}); see ${options.name}.log`);
      for (const { reject } of waiting.splice(0)) reject(ended);
      resolve();
    });
  });
  return {
    pid: child.pid ?? 0,
    child,
    nextLine: () => {
      const line = lines.shift();
      if (line !== undefined) return Promise.resolve(line);
      if (ended !== undefined) return Promise.reject(ended);
      return new Promise((resolve, reject) => {
        waiting.push({ resolve, reject });
      });
    },
    takeLines: () => lines.splice(0),
    stop: async (signal = 'SIGTERM') => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill(signal);
      const timer = setTimeout(() => child.kill('SIGKILL'), 5000);
      await exit;
      clearTimeout(timer);
    },
  };
}

/** What Node itself needs of the surrounding environment. */
function inherited(): Record<string, string> {
  const names = ['PATH', 'HOME', 'TMPDIR', 'TEMP', 'SYSTEMROOT', 'LANG'];
  const entries = names.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries(entries);
}

/** What a command printed and how it ended. */
export interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const CLI = path.join(
  path.dirname(fileURLToPath(import.meta.resolve('aftertrace/package.json'))),
  'src/main.ts',
);

/** Runs `aftertrace ARGS` to its end, as a person would in a terminal. */
export async function aftertrace(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<Finished> {
  const child = spawn(process.execPath, ['--conditions=@aftertrace/source', CLI, ...args], {
    env: { ...inherited(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const stdout = collect(child.stdout);
  const stderr = collect(child.stderr);
  const code = await new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (exitCode) => resolve(exitCode ?? 1));
  });
  return { code, stdout: await stdout, stderr: await stderr };
}

/** Starts `aftertrace ARGS` and leaves it running. */
export function startAftertrace(
  args: readonly string[],
  options: Omit<StartOptions, 'args'>,
): Running {
  return start({ ...options, args: [CLI, ...args] });
}

async function collect(stream: NodeJS.ReadableStream): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
}

/** Asks again every 50 ms until there is an answer; after `timeoutMillis` it gives up with what it waited for. */
export async function until<T>(
  what: string,
  ask: () => Promise<T | undefined> | T | undefined,
  timeoutMillis = 15_000,
): Promise<T> {
  const deadline = performance.now() + timeoutMillis;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() > deadline)
      throw new Error(`waited ${timeoutMillis} ms in vain for ${what}`);
    await new Promise((resolve) => {
      setTimeout(resolve, 50);
    });
  }
}

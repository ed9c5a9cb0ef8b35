import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** How an application ended and what it wrote. */
export interface AppResult {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly millis: number;
}

/** What to run. */
export interface AppOptions {
  /** File under `apps/`. */
  readonly app: string;
  readonly args?: readonly string[];
  /** Added to `PATH` and a `HOME` that is none; undefined takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Modules for `--import`, in order. Default: this package. */
  readonly imports?: readonly string[];
  /** Called with each line of standard output as it comes. */
  readonly onLine?: (line: string, app: RunningApp) => void;
}

/** The application while it runs. */
export interface RunningApp {
  readonly kill: (signal: NodeJS.Signals) => void;
  /** A line for its standard input. */
  readonly send: (line: string) => void;
  /** Ends its standard input. */
  readonly finish: () => void;
  /** What it has written to standard error by now. */
  readonly stderr: () => string;
}

const PACKAGE = fileURLToPath(new URL('../../', import.meta.url));

/** Runs an application of the tests in a process of its own, with nothing of the user's environment. */
export async function runApp(options: AppOptions): Promise<AppResult> {
  const imports = options.imports ?? ['@aftertrace/node'];
  const args = [
    '--conditions=@aftertrace/source',
    ...imports.map((name) => `--import=${name}`),
    `src/testing/apps/${options.app}`,
    ...(options.args ?? []),
  ];
  const startedAt = performance.now();
  const child = spawn(process.execPath, args, {
    cwd: PACKAGE,
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: '/nonexistent',
      // Of this run of the tests, as vitest.config.ts sets it.
      XDG_STATE_HOME: process.env['XDG_STATE_HOME'],
      ...options.env,
    },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  const app: RunningApp = {
    kill: (signal) => child.kill(signal),
    send: (line) => child.stdin.write(`${line}\n`),
    finish: () => child.stdin.end(),
    stderr: () => stderr,
  };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    for (const line of text.split('\n')) {
      if (line !== '') options.onLine?.(line, app);
    }
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      resolve({ code, signal, stdout, stderr, millis: performance.now() - startedAt });
    });
  });
}

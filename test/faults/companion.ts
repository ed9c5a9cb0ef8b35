import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../packages/cli/src/main.ts', import.meta.url));

export interface CompanionOptions {
  readonly dataDir: string;
  /** Modules loaded before the companion, to make its world a bad one. */
  readonly imports?: readonly string[];
  /** A command that runs it, such as `unshare`. */
  readonly under?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Further flags of `aftertrace serve`. */
  readonly flags?: readonly string[];
}

/** `aftertrace serve` from the sources, as a process of its own. */
export interface Companion {
  readonly pid: number;
  /** Where it takes OTLP; rejects when it ends before it says so. */
  readonly otlp: Promise<string>;
  /** Resolves when the process is gone. */
  readonly exited: Promise<void>;
  readonly isRunning: () => boolean;
  readonly signal: (name: NodeJS.Signals) => void;
  /** What it wrote so far, both streams. */
  readonly output: () => string;
  /** The most memory it ever had, in bytes (Linux; elsewhere 0). */
  readonly peakBytes: () => number;
}

export function startCompanion(options: CompanionOptions): Companion {
  const { dataDir, imports = [], under = [], env = {}, flags = [] } = options;
  const serve = ['serve', '--data', dataDir, '--content', 'full', ...flags];
  const addresses = ['--otlp', '127.0.0.1:0', '--console', '127.0.0.1:0'];
  const [command = process.execPath, ...args] = [
    ...under,
    process.execPath,
    '--conditions=@aftertrace/source',
    ...imports.flatMap((file) => ['--import', file]),
    MAIN,
    ...serve,
    ...addresses,
  ];
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      XDG_STATE_HOME: `${dataDir}.state`,
      NODE_COMPILE_CACHE: `${dataDir}.state/compiled`,
      NODE_NO_WARNINGS: '1',
      ...env,
    },
  });
  const pid = child.pid ?? 0;
  let output = '';
  const exited = once(child, 'close').then(() => undefined);
  const otlp = addressOf(child, () => output);
  // A companion that is killed while it starts never says where it listens.
  otlp.catch(() => undefined);
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  return {
    pid,
    otlp,
    exited,
    isRunning: () => child.exitCode === null && child.signalCode === null,
    signal: (name) => void child.kill(name),
    output: () => output,
    peakBytes: () => peakBytes(pid),
  };
}

function addressOf(child: ChildProcess, output: () => string): Promise<string> {
  return new Promise((resolve, reject) => {
    child.stdout?.on('data', () => {
      // The listener that collects runs behind this one.
      setImmediate(() => {
        const [, url] = /OTLP\/HTTP {2}(\S+)/.exec(output()) ?? [];
        if (url !== undefined) resolve(url);
      });
    });
    child.on('close', (code, signal) =>
      reject(new Error(`the companion ended (${String(signal ?? code)}):\n${output()}`)),
    );
  });
}

function peakBytes(pid: number): number {
  try {
    const [, kib] = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return Number(kib ?? 0) * 1024;
  } catch {
    // No /proc here, or the process is gone.
    return 0;
  }
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { isListening } from './free-port.ts';

export interface ProgramStart {
  /** Its output goes to `<dir>/<name>.log`. */
  readonly name: string;
  readonly command: readonly string[];
  /** Its working directory; made if it is not there. */
  readonly dir: string;
  readonly env?: Readonly<Record<string, string>>;
  /** As whom it runs; only root can say so. Default: as whoever starts it. */
  readonly user?: { readonly uid: number; readonly gid: number };
  /** It is ready when it takes connections on all of them. */
  readonly ports: readonly number[];
  /** And when this says so, where given. */
  readonly isReady?: () => Promise<boolean>;
}

/** A program of others that runs. */
export interface RunningProgram {
  readonly pid: number;
  /** Everything it wrote so far, both streams. */
  readonly output: () => string;
  readonly isRunning: () => boolean;
  /** Asks it to end (SIGTERM) and waits; after 30 s it is killed. */
  readonly stop: () => Promise<void>;
  /** Ends it as a power cut would, and waits. */
  readonly kill: () => Promise<void>;
}

const READY_MILLIS = 60_000;
const STOP_MILLIS = 30_000;

/** Starts it and waits until it is ready; an error says what it wrote. */
export async function startProgram(start: ProgramStart): Promise<RunningProgram> {
  const { name, command, dir, env = {}, ports, isReady = () => Promise.resolve(true) } = start;
  const [program = '', ...args] = command;
  mkdirSync(dir, { recursive: true });
  const child = spawn(program, args, {
    cwd: dir,
    env: { ...process.env, ...env },
    ...start.user,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const hear = (chunk: Buffer): void => {
    output += chunk.toString();
    appendFileSync(path.join(dir, `${name}.log`), chunk);
  };
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  child.on('error', (error) => (output += String(error)));
  const gone = once(child, 'close');
  const isRunning = (): boolean =>
    child.pid !== undefined && child.exitCode === null && child.signalCode === null;
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (!isRunning()) return;
    child.kill(signal);
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MILLIS);
    await gone;
    clearTimeout(timer);
  };
  const deadline = performance.now() + READY_MILLIS;
  for (;;) {
    if (!isRunning()) throw new Error(`${name} ended before it was ready:\n${output}`);
    const listening = await Promise.all(ports.map(isListening));
    if (listening.every(Boolean) && (await isReady())) break;
    if (performance.now() > deadline) {
      await end('SIGKILL');
      throw new Error(`${name} is not ready after ${READY_MILLIS / 1000} s:\n${output}`);
    }
    await delay(50);
  }
  return {
    pid: child.pid ?? 0,
    output: () => output,
    isRunning,
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
  };
}

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

const STOP_MILLIS = 10_000;

/** How a command ended. */
export interface Typed {
  readonly exitCode: number;
  /** Both streams, as a terminal shows them. */
  readonly output: string;
}

/** A command that goes on in a terminal of its own. */
export interface Going {
  readonly output: () => string;
  readonly isRunning: () => boolean;
}

/** The terminal of a reader who follows a page: directory and variables last from one block to the next. */
export interface PageShell {
  readonly run: (commands: string) => Promise<Typed>;
  readonly start: (commands: string) => Going;
  /** Ends what still goes on. */
  readonly close: () => Promise<void>;
}

export interface PageShellOptions {
  /** Where the reader starts. */
  readonly dir: string;
  /** All variables: nothing of the surrounding environment is handed on. */
  readonly env: Readonly<Record<string, string>>;
}

export async function openPageShell({ dir, env }: PageShellOptions): Promise<PageShell> {
  const state = path.join(dir, '.shell-state');
  await mkdir(dir, { recursive: true });
  await writeFile(state, `cd ${JSON.stringify(dir)}\n`);
  const going: { readonly child: ChildProcess; readonly ended: Promise<unknown> }[] = [];
  /** Bash of its own process group, with what was set before; what it sets is kept if asked for. */
  const bash = (commands: string, keep: boolean) => {
    const after = keep ? `{ export -p; printf 'cd %q\\n' "$PWD"; } >'${state}.next'` : '';
    const script = `set -e -o pipefail\n. '${state}'\n${commands}\n${after}`;
    const child = spawn('/bin/bash', ['-c', script], {
      cwd: dir,
      env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    return { child, output: () => output };
  };
  return {
    run: async (commands) => {
      const { child, output } = bash(commands, true);
      const [code] = (await once(child, 'close')) as [number | null];
      if (code === 0) await writeFile(state, await readFile(`${state}.next`));
      return { exitCode: code ?? 1, output: output() };
    },
    start: (commands) => {
      const { child, output } = bash(commands, false);
      going.push({ child, ended: once(child, 'close') });
      return { output, isRunning: () => child.exitCode === null && child.signalCode === null };
    },
    close: async () => {
      for (const { child, ended } of going.toReversed()) await end(child, ended);
    },
  };
}

/** As Ctrl-C does: everything that the terminal runs is asked to end. */
async function end(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  const { pid } = child;
  if (pid === undefined || child.exitCode !== null) return;
  const signal = (name: NodeJS.Signals): void => {
    try {
      process.kill(-pid, name);
    } catch {
      // The group has ended by itself.
    }
  };
  signal('SIGINT');
  const timer = setTimeout(() => signal('SIGKILL'), STOP_MILLIS);
  await ended;
  clearTimeout(timer);
}

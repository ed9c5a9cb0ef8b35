import { spawn } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';

/** How a process ended. */
export interface Ended {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A terminal in the folder of an example, with a home of its own. */
export interface Terminal {
  /** Runs Node to its end; what hangs is ended after two minutes. */
  readonly node: (args: readonly string[], options?: NodeOptions) => Promise<Ended>;
  /** `npx aftertrace ARGS`. */
  readonly aftertrace: (args: readonly string[]) => Promise<Ended>;
  /** `npx aftertrace ARGS --json`, and what it printed. Rejects where it fails. */
  readonly ask: <T>(args: readonly string[]) => Promise<T>;
  /**
   * `npx aftertrace policy publish`, and a process that keeps it for those that come: a machine that is busy may not
   * answer within the 300 ms for which the first call waits.
   */
  readonly publish: (policy: string) => Promise<void>;
  /** Leaves `npx aftertrace serve` running; the companion is ready when this resolves. */
  readonly serve: () => Promise<Serving>;
}

interface NodeOptions {
  /** Beside what every process here has. */
  readonly env?: Readonly<Record<string, string>>;
  /** What is typed. */
  readonly input?: string;
}

/** A companion. */
export interface Serving {
  readonly stop: () => Promise<void>;
}

const DEADLINE_MILLIS = 120_000;

/** Opens it; nothing of the surrounding environment is handed on but the path. */
export function openTerminal(project: string): Terminal {
  const cli = path.join(project, 'node_modules/aftertrace/dist/main.js');
  const base = {
    PATH: process.env['PATH'],
    HOME: path.join(project, '.home'),
    XDG_STATE_HOME: path.join(project, '.home/state'),
    AFTERTRACE_ACTOR: 'ana@example.com',
    NO_COLOR: '1',
  };
  const start = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
    spawn(process.execPath, args, {
      cwd: project,
      env: { ...base, ...env },
      stdio: 'pipe',
    });
  const node: Terminal['node'] = (args, { env, input = '' } = {}) => {
    const child = start(args, env);
    child.stdin.end(input);
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString('utf8')));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString('utf8')));
    const deadline = AbortSignal.timeout(DEADLINE_MILLIS);
    deadline.addEventListener('abort', () => child.kill('SIGKILL'));
    return new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (exitCode) => {
        resolve({ exitCode, stdout, stderr });
      });
    });
  };
  const aftertrace: Terminal['aftertrace'] = (args) => node([cli, ...args]);
  const ask: Terminal['ask'] = async <T>(args: readonly string[]) => {
    const { exitCode, stdout, stderr } = await aftertrace([...args, '--json']);
    if (exitCode !== 0) {
      throw new Error(`aftertrace ${args.join(' ')} ended with ${exitCode}: ${stderr}${stdout}`);
    }
    return JSON.parse(stdout) as T;
  };
  return {
    node,
    aftertrace,
    ask,
    publish: async (policy) => {
      await ask(['policy', 'publish', policy, '--reason', 'the first one']);
      const idle = ['--import', '@aftertrace/node', '--eval', 'setInterval(() => {}, 1000)'];
      const child = start(idle);
      try {
        await untilKept(path.join(base.XDG_STATE_HOME, 'aftertrace'));
      } finally {
        child.kill('SIGKILL');
      }
    },
    serve: () => {
      const addresses = ['--otlp', '127.0.0.1:0', '--console', '127.0.0.1:0'];
      // What tells of no end (a loop of one's own) is over when nothing has been heard of it for so long.
      const idle = ['--set', 'assembly.idleMillis=3000'];
      const child = start([cli, 'serve', ...addresses, ...idle]);
      const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
      let output = '';
      const serving = {
        stop: async () => {
          child.kill('SIGTERM');
          await ended;
        },
      };
      return new Promise((resolve, reject) => {
        const read = (chunk: Buffer): void => {
          output += chunk.toString('utf8');
          if (output.includes('companion ready')) resolve(serving);
        };
        child.stdout.on('data', read);
        child.stderr.on('data', read);
        void ended.then(() => reject(new Error(`the companion ended: ${output}`)));
      });
    },
  };
}

/** The state that processes keep has a policy. */
async function untilKept(directory: string): Promise<void> {
  const deadline = performance.now() + DEADLINE_MILLIS;
  while (performance.now() < deadline) {
    const names = await readdir(directory).catch(() => []);
    for (const name of names.filter((one) => one.startsWith('state-'))) {
      const text = await readFile(path.join(directory, name), 'utf8').catch(() => '');
      if (text !== '' && !text.includes('"policy":null')) return;
    }
    await setTimeout(100);
  }
  throw new Error('no process has kept the policy');
}

import { spawn } from 'node:child_process';
import path from 'node:path';

/** How a process ended. */
export interface Ended {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A terminal in the folder of an example, with a home of its own. */
export interface Terminal {
  /** Runs Node to its end; what hangs is ended after two minutes. */
  readonly node: (
    args: readonly string[],
    env?: Readonly<Record<string, string>>,
  ) => Promise<Ended>;
  /** `npx aftertrace ARGS`. */
  readonly aftertrace: (args: readonly string[]) => Promise<Ended>;
  /** `npx aftertrace ARGS --json`, and what it printed. Rejects where it fails. */
  readonly ask: <T>(args: readonly string[]) => Promise<T>;
  /** Leaves `npx aftertrace serve` running; the companion is ready when this resolves. */
  readonly serve: () => Promise<Serving>;
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
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  const node: Terminal['node'] = (args, env) => {
    const child = start(args, env);
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString('utf8')));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString('utf8')));
    const deadline = setTimeout(() => child.kill('SIGKILL'), DEADLINE_MILLIS);
    return new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (exitCode) => {
        clearTimeout(deadline);
        resolve({ exitCode, stdout, stderr });
      });
    });
  };
  const aftertrace: Terminal['aftertrace'] = (args) => node([cli, ...args]);
  return {
    node,
    aftertrace,
    ask: async <T>(args: readonly string[]) => {
      const { exitCode, stdout, stderr } = await aftertrace([...args, '--json']);
      if (exitCode !== 0) {
        throw new Error(`aftertrace ${args.join(' ')} ended with ${exitCode}: ${stderr}${stdout}`);
      }
      return JSON.parse(stdout) as T;
    },
    serve: () => {
      const addresses = ['--otlp', '127.0.0.1:0', '--console', '127.0.0.1:0'];
      const child = start([cli, 'serve', ...addresses]);
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

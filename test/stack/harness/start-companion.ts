import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

import {
  aftertrace,
  startAftertrace,
  until,
  type Finished,
  type Running,
} from '@aftertrace-examples/first-flight/processes';

import { freePort, isListening } from './free-port.ts';
import { WEBHOOK_SECRET } from './start-webhook.ts';

export interface CompanionStart {
  /** Its data, state and log lie below it. */
  readonly dir: string;
  /** Further arguments of `aftertrace serve`. */
  readonly args?: readonly string[];
  /** Told about incidents. */
  readonly webhook?: string;
  /** Default: any that are free. */
  readonly ports?: { readonly otlp: number; readonly console: number };
  /** Its arguments give it a certificate: how commands then reach it. */
  readonly tls?: Readonly<Record<string, string>>;
}

/** `aftertrace serve` from the sources. It comes back at the same addresses. */
export interface Companion {
  readonly otlp: string;
  readonly console: string;
  readonly dataDir: string;
  /** Bearer token of its console: `/metrics` needs it. */
  readonly token: string;
  /** The environment in which agents and commands find it. */
  readonly env: Readonly<Record<string, string>>;
  readonly pid: () => number;
  readonly start: () => Promise<void>;
  readonly stop: () => Promise<void>;
  readonly kill: () => Promise<void>;
  /** Runs a command against it. */
  readonly aftertrace: (...args: string[]) => Promise<Finished>;
}

export async function startCompanion(options: CompanionStart): Promise<Companion> {
  const { dir, args = [], webhook, tls } = options;
  await mkdir(dir, { recursive: true });
  const dataDir = path.join(dir, 'data');
  const env = { XDG_STATE_HOME: path.join(dir, 'state'), AFTERTRACE_DATA: dataDir, ...tls };
  const scheme = tls === undefined ? 'http' : 'https';
  const ports = options.ports ?? { otlp: await freePort(), console: await freePort() };
  const [otlp, console] = [`127.0.0.1:${ports.otlp}`, `127.0.0.1:${ports.console}`];
  const serve = ['serve', '--otlp', otlp, '--console', console, ...args];
  if (webhook !== undefined) {
    const secretFile = path.join(dir, 'webhook-secret');
    await writeFile(secretFile, `${WEBHOOK_SECRET}\n`, { mode: 0o600 });
    serve.push('--webhook', webhook, '--webhook-secret-file', secretFile);
    serve.push('--allow-private-webhooks');
  }
  let running: Running | undefined;
  const start = async (): Promise<void> => {
    const child = startAftertrace(serve, {
      name: 'companion',
      env: { ...env, NODE_NO_WARNINGS: '1' },
      logDir: dir,
    });
    running = child;
    await until(
      'the companion',
      async () => {
        if (child.child.exitCode !== null) {
          throw new Error(
            `the companion ended:\n${await readFile(`${dir}/companion.log`, 'utf8')}`,
          );
        }
        // By TLS nobody here is known to it: that it listens is enough.
        if (tls !== undefined) {
          const listening = await Promise.all([ports.otlp, ports.console].map(isListening));
          return listening.every(Boolean) ? true : undefined;
        }
        return fetch(`http://${console}/readyz`).then(
          ({ ok }) => (ok ? true : undefined),
          () => undefined,
        );
      },
      60_000,
    );
  };
  await start();
  return {
    otlp: `${scheme}://${otlp}`,
    console: `${scheme}://${console}`,
    dataDir,
    token: (await readFile(path.join(dataDir, 'token'), 'utf8')).trim(),
    env,
    pid: () => running?.pid ?? 0,
    start,
    stop: async () => running?.stop(),
    kill: async () => running?.stop('SIGKILL'),
    aftertrace: (...words) => aftertrace(words, env),
  };
}

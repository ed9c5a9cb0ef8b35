import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import type { Running } from './processes.ts';
import { start, startAftertrace, until } from './processes.ts';

/** Everything outside the agents: the model, the companion, and who is told about incidents. */
export interface World {
  /** Where everything of this flight lies. */
  readonly dir: string;
  /** The companion's data directory. */
  readonly dataDir: string;
  /** The environment in which agents and commands find the companion and the model. */
  readonly env: Readonly<Record<string, string>>;
  readonly companion: () => Running;
  /** Kills the companion (`kill -9`) and starts it again on the same data directory. */
  readonly crashCompanion: () => Promise<void>;
  readonly webhook: Running;
  readonly stop: () => Promise<void>;
}

const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url));
const WEBHOOK_SECRET = 'whsec_Zmlyc3QtZmxpZ2h0LWRlbW8tc2VjcmV0LTMyYnl0ZXM=';

/** Starts it all, in an empty directory of its own. */
export async function startWorld(dir: string): Promise<World> {
  await rm(dir, { recursive: true, force: true });
  const logDir = path.join(dir, 'logs');
  await mkdir(logDir, { recursive: true });
  const dataDir = path.join(dir, 'data');
  const base = { XDG_STATE_HOME: path.join(dir, 'state'), AFTERTRACE_DATA: dataDir };
  const secretFile = path.join(dir, 'webhook-secret');
  await writeFile(secretFile, `${WEBHOOK_SECRET}\n`, { mode: 0o600 });

  const model = start({ name: 'model', args: [here('world/model-server.ts')], env: {}, logDir });
  const webhook = start({
    name: 'webhook',
    args: [here('world/webhook-receiver.ts')],
    env: { WEBHOOK_SECRET },
    logDir,
  });
  const [modelUrl, webhookUrl] = await Promise.all([model.nextLine(), webhook.nextLine()]);
  const serve = [
    '--webhook',
    webhookUrl,
    '--webhook-secret-file',
    secretFile,
    '--allow-private-webhooks',
  ];
  const place = { env: base, logDir };
  const first = await startCompanion(
    [...serve, '--otlp', '127.0.0.1:0', '--console', '127.0.0.1:0'],
    place,
  );
  // A restart comes back at the same addresses: agents hold on to them.
  const again = [...serve, '--otlp', hostOf(first.otlp), '--console', hostOf(first.console)];
  let companion = first.running;
  return {
    dir,
    dataDir,
    env: { ...base, OPENAI_BASE_URL: modelUrl, OPENAI_API_KEY: 'none' },
    companion: () => companion,
    crashCompanion: async () => {
      await companion.stop('SIGKILL');
      companion = (await startCompanion(again, place)).running;
    },
    webhook,
    stop: async () => {
      await companion.stop();
      await Promise.all([model.stop(), webhook.stop()]);
    },
  };
}

interface Started {
  readonly running: Running;
  readonly otlp: string;
  readonly console: string;
}

const hostOf = (url: string): string => new URL(url).host;

async function startCompanion(
  options: readonly string[],
  place: { env: { XDG_STATE_HOME: string; AFTERTRACE_DATA: string }; logDir: string },
): Promise<Started> {
  const { env, logDir } = place;
  const file = path.join(env.XDG_STATE_HOME, 'aftertrace', 'companion.json');
  const running = startAftertrace(['serve', ...options], { name: 'companion', env, logDir });
  return until('the companion', async () => {
    if (running.child.exitCode !== null) throw new Error('the companion ended; see companion.log');
    const text = await readFile(file, 'utf8').catch(() => undefined);
    if (text === undefined) return undefined;
    const found = JSON.parse(text) as { pid: number; otlp: string; console: string };
    return found.pid === running.pid ? { running, ...found } : undefined;
  });
}

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
  const startCompanion = (): Promise<Running> =>
    startServe(
      ['--webhook', webhookUrl, '--webhook-secret-file', secretFile, '--allow-private-webhooks'],
      { env: base, logDir },
    );
  let companion = await startCompanion();
  return {
    dir,
    dataDir,
    env: { ...base, OPENAI_BASE_URL: modelUrl, OPENAI_API_KEY: 'none' },
    companion: () => companion,
    crashCompanion: async () => {
      await companion.stop('SIGKILL');
      companion = await startCompanion();
    },
    webhook,
    stop: async () => {
      await companion.stop();
      await Promise.all([model.stop(), webhook.stop()]);
    },
  };
}

async function startServe(
  webhook: readonly string[],
  options: { env: { XDG_STATE_HOME: string; AFTERTRACE_DATA: string }; logDir: string },
): Promise<Running> {
  const { env, logDir } = options;
  const file = path.join(env.XDG_STATE_HOME, 'aftertrace', 'companion.json');
  const args = [
    'serve',
    '--otlp',
    '127.0.0.1:0',
    '--console',
    '127.0.0.1:0',
    '--content',
    'redacted',
    ...webhook,
  ];
  const running = startAftertrace(args, { name: 'companion', env, logDir });
  await until('the companion', async () => {
    if (running.child.exitCode !== null) throw new Error('the companion ended; see companion.log');
    const text = await readFile(file, 'utf8').catch(() => undefined);
    return text !== undefined && (JSON.parse(text) as { pid: number }).pid === running.pid
      ? true
      : undefined;
  });
  return running;
}

import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { startAgent, type Answer } from '@aftertrace-examples/first-flight/agents';
import { start } from '@aftertrace-examples/first-flight/processes';
import type { Conversation } from '@aftertrace-examples/first-flight/story';

const MODEL_SERVER = fileURLToPath(
  new URL('../../first-flight/src/world/model-server.ts', import.meta.url),
);

export interface AgentsStart {
  /** Place of their logs. */
  readonly dir: string;
  /** Where they send telemetry: base address of a Collector's OTLP/HTTP receiver. Default: as `env` says. */
  readonly otlp?: string;
  /** In which they find the companion, and anything else. */
  readonly env?: Readonly<Record<string, string>>;
  /** Default 1. */
  readonly processes?: number;
}

/** The support agents of the first flight, unchanged, with a model that plays the story. */
export interface Agents {
  /** Deals the conversations to the processes and waits for all answers. */
  readonly play: (conversations: readonly Conversation[]) => Promise<readonly Answer[]>;
  /** Lets them end by themselves, so that they send what they hold. */
  readonly stop: () => Promise<void>;
}

export async function startAgents(options: AgentsStart): Promise<Agents> {
  const { dir, otlp, env = {}, processes = 1 } = options;
  const logDir = path.join(dir, 'logs');
  await mkdir(logDir, { recursive: true });
  const model = start({ name: 'model', args: [MODEL_SERVER], env: {}, logDir });
  const world = {
    dir,
    env: {
      ...env,
      OPENAI_BASE_URL: await model.nextLine(),
      OPENAI_API_KEY: 'none',
      ...(otlp === undefined ? {} : { OTEL_EXPORTER_OTLP_ENDPOINT: otlp }),
    },
  };
  const agents = Array.from({ length: processes }, (_, index) =>
    startAgent(world, { name: `agent-${index + 1}` }),
  );
  return {
    play: async (conversations) => {
      const answers = await Promise.all(
        agents.map((agent, at) =>
          agent.work(conversations.filter((_, index) => index % agents.length === at)),
        ),
      );
      return answers.flat();
    },
    stop: async () => {
      await Promise.all(agents.map((agent) => agent.stop()));
      await model.stop();
    },
  };
}

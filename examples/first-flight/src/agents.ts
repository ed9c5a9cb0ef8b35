import { fileURLToPath } from 'node:url';

import type { Running } from './processes.ts';
import { start } from './processes.ts';
import type { Conversation } from './story.ts';
import type { World } from './world.ts';

/** What an agent answered to a ticket. */
export interface Answer {
  readonly ticket: string;
  readonly answer?: string;
  readonly error?: string;
}

/** One agent process: an ordinary program, started with `--import @aftertrace/node`. */
export interface AgentProcess {
  readonly name: string;
  readonly pid: number;
  /** Sends the tickets, at most `parallel` at a time, and gives the answers. */
  readonly work: (
    conversations: readonly Conversation[],
    onAnswer?: (answer: Answer) => void,
  ) => Promise<Answer[]>;
  readonly stop: () => Promise<void>;
}

const PARALLEL = 4;

export interface AgentOptions {
  readonly name: string;
  /** Without: the agent runs as its authors wrote it, for comparison. */
  readonly preload?: boolean;
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts an agent in the world: of it, the agent needs a place for its log and an environment. */
export function startAgent(world: Pick<World, 'dir' | 'env'>, options: AgentOptions): AgentProcess {
  const app = fileURLToPath(new URL('app/support-agent.ts', import.meta.url));
  const preload = fileURLToPath(import.meta.resolve('@aftertrace/node'));
  const running: Running = start({
    name: options.name,
    args: options.preload === false ? [app] : ['--import', preload, app],
    env: {
      ...world.env,
      OTEL_SERVICE_NAME: 'support',
      OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT: 'true',
      NODE_NO_WARNINGS: '1',
      ...options.env,
    },
    logDir: `${world.dir}/logs`,
  });
  return {
    name: options.name,
    pid: running.pid,
    work: (conversations, onAnswer) => work(running, conversations, onAnswer),
    stop: async () => {
      running.child.stdin?.end();
      await running.stop();
    },
  };
}

async function work(
  running: Running,
  conversations: readonly Conversation[],
  onAnswer: ((answer: Answer) => void) | undefined,
): Promise<Answer[]> {
  const answers: Answer[] = [];
  const waiting = [...conversations];
  const send = (): void => {
    const next = waiting.shift();
    if (next === undefined) return;
    const { ticket, message } = next;
    running.child.stdin?.write(`${JSON.stringify({ ticket, message })}\n`);
  };
  for (let slot = 0; slot < PARALLEL; slot += 1) send();
  while (answers.length < conversations.length) {
    const answer = JSON.parse(await running.nextLine()) as Answer;
    answers.push(answer);
    onAnswer?.(answer);
    send();
  }
  return answers;
}

import type { Agent, FrameworkUnderTest, World } from '../framework-under-test.ts';
import { loopAgent, type Loop } from './raw-loop.ts';

/** Oldest and newest of each major, as every file that is about `openai` runs them. */
export const OPENAI_INSTALLS: FrameworkUnderTest['installs'] = [
  { folder: 'openai-7', formats: ['esm', 'cjs'] },
  { folder: 'openai-7-first', formats: ['esm', 'cjs'] },
  { folder: 'openai-6', formats: ['esm', 'cjs'] },
  { folder: 'openai-5', formats: ['esm', 'cjs'] },
  { folder: 'openai-4', formats: ['esm', 'cjs'] },
];

/** A client of `openai`, and a loop around it. */
export async function openAiAgent<Client>(world: World, loop: Loop<Client>): Promise<Agent> {
  const openai = await world.load<{ readonly default: new (options: object) => Client }>('openai');
  const client = new openai.default({
    apiKey: 'test',
    baseURL: `${world.server}/v1`,
    maxRetries: 0,
  });
  return loopAgent(client, loop);
}

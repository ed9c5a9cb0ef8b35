import type { Agent, FrameworkUnderTest, World } from '../framework-under-test.ts';
import { loopAgent, type Loop } from './raw-loop.ts';

/** Oldest and newest of each major, as every file that is about `@anthropic-ai/sdk` runs them. */
export const ANTHROPIC_INSTALLS: FrameworkUnderTest['installs'] = [
  { folder: 'anthropic-1', formats: ['esm', 'cjs'] },
  { folder: 'anthropic-1-first', formats: ['esm', 'cjs'] },
  { folder: 'anthropic-0.137', formats: ['esm', 'cjs'] },
  { folder: 'anthropic-0.70', formats: ['esm', 'cjs'] },
];

/** A client of `@anthropic-ai/sdk`, and a loop around it. */
export async function anthropicAgent<Client>(world: World, loop: Loop<Client>): Promise<Agent> {
  const sdk = await world.load<{ readonly default: new (options: object) => Client }>(
    '@anthropic-ai/sdk',
  );
  const client = new sdk.default({ apiKey: 'test', baseURL: world.server, maxRetries: 0 });
  return loopAgent(client, loop);
}

import { describe, expect, test } from 'vitest';

import { agentStream } from './agent-stream.ts';
import type { AgentEnd } from './agent-span.ts';
import type { OpenAgent } from './open-agent.ts';

function fakeAgent(): { open: OpenAgent; ends: AgentEnd[]; inside: () => boolean } {
  const ends: AgentEnd[] = [];
  let depth = 0;
  const open = {
    run: <T>(action: () => T): T => {
      depth += 1;
      try {
        return action();
      } finally {
        depth -= 1;
      }
    },
    end: (how: AgentEnd) => void ends.push(how),
    failure: (error: unknown) => new Error('stopped', { cause: error }),
  } as unknown as OpenAgent;
  return { open, ends, inside: () => depth > 0 };
}

describe('the stream of an agent', () => {
  test('runs each step inside the agent and ends with it', async () => {
    const { open, ends, inside } = fakeAgent();
    const seen: boolean[] = [];
    async function* source(): AsyncGenerator<number, string> {
      seen.push(inside());
      yield 1;
      seen.push(inside());
      return 'end';
    }
    const stream = agentStream(open, source());
    expect(await stream.next()).toEqual({ done: false, value: 1 });
    expect(ends).toEqual([]);
    expect(await stream.next()).toEqual({ done: true, value: 'end' });
    expect(seen).toEqual([true, true]);
    expect(ends).toEqual([{ failed: false }]);
  });

  test('that throws has failed, and the caller gets what stopped it', async () => {
    const { open, ends } = fakeAgent();
    const error = new Error('broken');
    // oxlint-disable-next-line require-yield -- it throws first
    async function* source(): AsyncGenerator<number> {
      throw error;
    }
    await expect(agentStream(open, source()).next()).rejects.toThrow('stopped');
    expect(ends).toEqual([{ failed: true, error }]);
  });

  test('whose consumer leaves is over, stopped by the caller', async () => {
    const { open, ends } = fakeAgent();
    let cleaned = false;
    async function* source(): AsyncGenerator<number> {
      try {
        yield 1;
        yield 2;
      } finally {
        cleaned = true;
      }
    }
    for await (const value of agentStream(open, source())) {
      expect(value).toBe(1);
      break;
    }
    expect(cleaned).toBe(true);
    expect(ends).toEqual([{ failed: false, aborted: true }]);
  });
});

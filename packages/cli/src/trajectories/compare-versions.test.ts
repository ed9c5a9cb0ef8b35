import type { Trajectory } from '@aftertrace/schema';
import { expect, test } from 'vitest';

import { compareVersions } from './compare-versions.ts';

interface Line {
  readonly agent?: string;
  readonly version?: string;
  readonly model?: string;
  readonly prompt?: string;
  readonly policy?: number;
  readonly outcome?: 'success' | 'failure';
  readonly at: number;
}

function line({
  agent = 'support',
  version = '1',
  outcome = 'success',
  ...rest
}: Line): Trajectory {
  const { model, prompt, policy, at } = rest;
  return {
    agent: {
      name: agent,
      version,
      ...(model === undefined ? {} : { model_name: model }),
      ...(prompt === undefined ? {} : { extra: { promptDigest: prompt } }),
    },
    extra: {
      aftertrace: {
        outcome: { outcome },
        timing: { startTimeUnixNano: `${at}000000000` },
        ...(policy === undefined ? {} : { policyRevision: policy }),
      },
    },
  } as unknown as Trajectory;
}

async function rowsOf(
  lines: readonly Line[],
): Promise<Awaited<ReturnType<typeof compareVersions>>> {
  async function* read(): AsyncGenerator<Trajectory> {
    yield* lines.map(line);
  }
  return compareVersions(read());
}

test('each combination is one row, with its runs, outcomes and what changed before it', async () => {
  const rows = await rowsOf([
    { at: 30, model: 'b', prompt: 'p1', policy: 2, outcome: 'failure' },
    { at: 10, model: 'a', prompt: 'p1', policy: 1 },
    { at: 20, model: 'a', prompt: 'p1', policy: 1, outcome: 'failure' },
    { at: 40, model: 'b', prompt: 'p1', policy: 2 },
    { at: 15, agent: 'billing' },
  ]);
  expect(rows).toEqual([
    {
      agent: 'billing',
      versions: { agentVersion: '1' },
      changed: [],
      runs: 1,
      outcomes: { success: 1 },
      firstSeen: '1970-01-01T00:00:15.000Z',
      lastSeen: '1970-01-01T00:00:15.000Z',
    },
    {
      agent: 'support',
      versions: { agentVersion: '1', model: 'a', promptDigest: 'p1', policyRevision: 1 },
      changed: [],
      runs: 2,
      outcomes: { success: 1, failure: 1 },
      firstSeen: '1970-01-01T00:00:10.000Z',
      lastSeen: '1970-01-01T00:00:20.000Z',
    },
    {
      agent: 'support',
      versions: { agentVersion: '1', model: 'b', promptDigest: 'p1', policyRevision: 2 },
      changed: ['model', 'policyRevision'],
      runs: 2,
      outcomes: { success: 1, failure: 1 },
      firstSeen: '1970-01-01T00:00:30.000Z',
      lastSeen: '1970-01-01T00:00:40.000Z',
    },
  ]);
});

test('a version that nobody told is absent, and names cannot run into each other', async () => {
  const rows = await rowsOf([
    { at: 1, version: 'unknown', model: 'a"]' },
    { at: 2, version: 'a"]', prompt: 'x' },
  ]);
  expect(rows.map(({ versions }) => versions)).toEqual([
    { model: 'a"]' },
    { agentVersion: 'a"]', promptDigest: 'x' },
  ]);
});

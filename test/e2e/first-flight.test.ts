import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { readLines } from '@aftertrace-examples/first-flight/facts';
import type { Facts } from '@aftertrace-examples/first-flight/facts';
import { runDemo } from '@aftertrace-examples/first-flight/run-demo';
import { groundTruth, STORY } from '@aftertrace-examples/first-flight/story';
import { renderSummary } from '@aftertrace-examples/first-flight/summary';
import { Trajectory } from '@aftertrace/schema';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const truth = groundTruth();
const folders: string[] = [];

async function fly(disturbed: boolean): Promise<Facts> {
  const dir = await mkdtemp(path.join(tmpdir(), 'aftertrace-flight-'));
  folders.push(dir);
  return runDemo({
    dir,
    progress: () => undefined,
    ...(disturbed ? { disturb: (world) => world.crashCompanion() } : {}),
  });
}

afterAll(async () => {
  await Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true })));
});

/** Every line on disk, in the form of the schema, and no run twice. */
async function expectSoundLines(facts: Facts): Promise<void> {
  const lines = await readLines(facts.dataDir);
  const all = [...lines.success, ...lines.failure, ...lines.unresolved];
  const problems = all.flatMap((line) => Trajectory.safeParse(line).error?.issues ?? []);
  expect(problems).toEqual([]);
  const ids = all.map((line) => (line as unknown as { trajectory_id: string }).trajectory_id);
  expect(new Set(ids).size).toBe(STORY.length);
}

describe('the first flight finds what the script knows to be true', () => {
  let facts: Facts;
  beforeAll(async () => {
    facts = await fly(false);
  }, 120_000);

  test('every conversation is one valid line, in the right file', async () => {
    expect(facts.runs).toEqual({
      success: truth.successfulRuns,
      failure: truth.failedRuns,
      unresolved: 0,
    });
    expect(facts.toolCalls).toBe(truth.toolCalls);
    await expectSoundLines(facts);
  });

  test('every failed call is found, the silent ones too, and nothing else is', () => {
    const found = facts.failedCalls.map(({ ticket, tool }) => `${ticket} ${tool}`).sort();
    const expected = STORY.flatMap(({ ticket, calls }) =>
      calls.filter((call) => call.truth.is === 'failed').map(({ tool }) => `${ticket} ${tool}`),
    ).sort();
    expect(found).toEqual(expected);
    expect(facts.failedCalls.filter(({ channel }) => channel !== 'thrown')).toHaveLength(
      truth.silentFailures,
    );
  });

  test('what policy, a containment and a person stopped did not run', () => {
    expect(facts.deniedByPolicy).toBe(truth.deniedByPolicy);
    expect(facts.deniedByContainment).toBe(truth.deniedByContainment);
    expect(facts.decisions['redact']).toBe(truth.redactedCalls);
    expect(facts.overrides).toEqual([
      {
        decision: 'reject',
        actor: 'on-call@example.com',
        reason: 'no proof of purchase for an amount of this size',
        prior: 'policy: escalate (large-refunds-ask)',
        outcome: 'not_executed',
      },
    ]);
  });

  test('the revoked tool was gone in both processes, with a time for each', () => {
    const { containment, state } = facts.containment;
    expect(containment.effective).toHaveLength(2);
    for (const { at } of containment.effective) {
      expect(at >= containment.requestedAt).toBe(true);
    }
    expect(containment.expiresAt).toBeDefined();
    expect(state).toBe('effective');
  });

  test('failures with one fingerprint are one incident, and the webhook was told with a valid signature', () => {
    const refunds = facts.incidents.filter(
      ({ tool, title }) => tool === 'refund' && /fail/i.test(title),
    );
    expect(refunds).toHaveLength(1);
    expect(refunds[0]?.count).toBe(
      STORY.flatMap(({ calls }) => calls).filter(
        ({ truth: { is, ...rest } }) =>
          is === 'failed' && 'how' in rest && rest.how === 'success_false',
      ).length,
    );
    expect(facts.notices.length).toBeGreaterThanOrEqual(facts.incidents.length);
    expect(facts.notices.every(({ valid }) => valid)).toBe(true);
  });

  test('the backtest says what the new rule would have stopped, and the review links its rows', () => {
    expect(facts.backtest.byRule['no-changes-by-sql']).toMatchObject({
      verdict: 'block',
      calls: 2,
    });
    // Five failed calls with a run each, and what people did about them.
    expect(facts.review.rows).toBeGreaterThanOrEqual(20);
    expect(facts.review.linked).toBeGreaterThanOrEqual(facts.review.rows - 3);
    expect(facts.audit.ok).toBe(true);
  });

  test('the summary fits one screen', () => {
    const lines = renderSummary(facts, 10).split('\n');
    expect(lines.length).toBeLessThanOrEqual(40);
  });
});

describe('when the companion is killed in the middle of the load and started again', () => {
  test('no run that it acknowledged is lost and none is there twice', async () => {
    const facts = await fly(true);
    expect(facts.runs).toEqual({
      success: truth.successfulRuns,
      failure: truth.failedRuns,
      unresolved: 0,
    });
    expect(facts.failedCalls).toHaveLength(truth.failedCalls);
    await expectSoundLines(facts);
  }, 120_000);
});

import { appendFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Trajectory } from '@aftertrace/schema';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { FilesConfigInput } from '../files/files-config.ts';
import { appendHold } from '../files/holds.ts';
import { sampleTrajectory } from '../testing/sample-trajectory.ts';
import { readTrajectories } from '../trajectory/read-trajectories.ts';
import { createTrajectoryStore } from '../trajectory/trajectory-store.ts';
import type { TrajectoryStore } from '../trajectory/trajectory-store-api.ts';
import { eraseRuns } from './erase-runs.ts';
import {
  CONVERSATIONS_DIR,
  createConversationLines,
  type ConversationLines,
} from './conversation-lines.ts';

const IDLE = 1000;
const NO_AGE = { retention: { minAgeMillis: { success: 0, failure: 0, unresolved: 0 } } };
let dataDir: string;
let now: number;
let store: TrajectoryStore;
let problems: unknown[];

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'aftertrace-conversations-'));
  now = 0;
  problems = [];
  store = createTrajectoryStore(dataDir);
});
afterEach(async () => {
  await store.close();
  await rm(dataDir, { recursive: true });
});

async function opened(files: FilesConfigInput = {}): Promise<ConversationLines> {
  const conversations = createConversationLines({
    dataDir,
    files,
    idleMillis: IDLE,
    now: () => now,
    onProblem: (...problem) => void problems.push(problem),
  });
  await conversations.start();
  return conversations;
}

function run(id: string, conversation: string, message = id): Trajectory {
  const line = sampleTrajectory({ run: id, message, digest: `of ${message}` });
  const { aftertrace } = line.extra;
  // Runs begin in the order of their names.
  const began = BigInt(aftertrace.timing.startTimeUnixNano) + BigInt(id.codePointAt(0) ?? 0);
  const timing = { ...aftertrace.timing, startTimeUnixNano: began.toString() };
  return {
    ...line,
    extra: { aftertrace: { ...aftertrace, timing, conversationId: conversation } },
  };
}

/** As the pipeline does it: lines first, notes then. */
async function written(conversations: ConversationLines, ...runs: Trajectory[]): Promise<void> {
  await store.write(runs);
  await conversations.note(runs);
}

async function lines(): Promise<Trajectory[]> {
  const all = await Array.fromAsync(readTrajectories(join(dataDir, CONVERSATIONS_DIR)));
  return all.map(({ trajectory }) => trajectory);
}

/** What the people said in each line of hermes-agent's form. */
async function hermesSaid(): Promise<string[][]> {
  const below = join(dataDir, CONVERSATIONS_DIR, 'trajectories', 'hermes');
  const [day = ''] = await readdir(below);
  const text = await readFile(join(below, day, 'trajectory_samples.jsonl'), 'utf8');
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) =>
      (JSON.parse(line) as { conversations: { from: string; value: string }[] }).conversations
        .filter(({ from }) => from === 'human')
        .map(({ value }) => value),
    );
}

const messages = (line: Trajectory | undefined): unknown[] | undefined =>
  line?.steps.map(({ message }) => message);

describe('conversation lines', () => {
  it('writes a conversation when it was quiet for long enough, not before', async () => {
    const conversations = await opened();
    await written(conversations, run('a', 'c1'), run('x', 'c2'));
    now = 600;
    await written(conversations, run('b', 'c1'));
    now = 1000;
    await conversations.write();
    expect((await lines()).map((line) => line.session_id)).toEqual(['c2']);
    now = 1600;
    await conversations.write();
    expect((await lines()).map(messages)).toContainEqual(['a', 'b']);
    expect(conversations.pending()).toBe(0);
    await conversations.close();
  });

  it('writes a new revision of a conversation that goes on, with the runs of before', async () => {
    const conversations = await opened();
    await written(conversations, run('a', 'c1'));
    await conversations.write(true);
    await written(conversations, run('b', 'c1'));
    await conversations.write(true);
    const [line, ...others] = await lines();
    expect(others).toEqual([]);
    expect(line?.extra.aftertrace.revision).toBe(2);
    expect(messages(line)).toEqual(['a', 'b']);
    await conversations.close();
  });

  it('makes a late run, and a late revision of one, a revision of the line, in the other form too', async () => {
    const conversations = await opened({ hermes: true, ...NO_AGE });
    await written(conversations, run('a', 'c1'), run('b', 'c1'));
    now = IDLE;
    await conversations.write();
    expect(conversations.pending()).toBe(0);
    await written(conversations, run('late', 'c1'), { ...run('a', 'c1', 'a, told again') });
    await conversations.write();
    expect(await lines()).toHaveLength(1);
    now += IDLE;
    await conversations.write();
    const [line, ...others] = await lines();
    expect(others).toEqual([]);
    expect(line?.extra.aftertrace).toMatchObject({ revision: 2, runs: { length: 3 } });
    expect(messages(line)).toEqual(['a, told again', 'b', 'late']);
    expect(await hermesSaid()).toEqual([
      ['a', 'b'],
      ['a, told again', 'b', 'late'],
    ]);
    // Readers of that form take each line for a conversation of its own.
    expect(await conversations.compact()).toMatchObject({ removedLines: 2 });
    expect(await hermesSaid()).toEqual([['a, told again', 'b', 'late']]);
    await conversations.close();
  });

  it('keeps the beginning of a conversation whose first runs retention has let go of', async () => {
    const conversations = await opened();
    await written(conversations, run('a', 'c1'), run('b', 'c1'));
    await conversations.write(true);
    await store.close();
    await rm(join(dataDir, 'trajectories'), { recursive: true });
    store = createTrajectoryStore(dataDir);
    for (const late of ['late', 'later']) {
      await written(conversations, run(late, 'c1'));
      await conversations.write(true);
    }
    const [line] = await lines();
    expect(messages(line)).toEqual(['a', 'b', 'late', 'later']);
    const all = ['a', 'b', 'late', 'later'].map((name) => run(name, 'c1').trajectory_id);
    expect(line?.extra.aftertrace).toMatchObject({
      revision: 3,
      runs: all,
      completeness: { spans: 12 },
    });
    await conversations.close();
  });

  it('forgets no conversation when it crashes, even with half a note', async () => {
    await written(await opened(), run('a', 'c1'));
    await appendFile(join(dataDir, CONVERSATIONS_DIR, 'pending.jsonl'), '["c2","tra');
    const again = await opened();
    expect(again.pending()).toBe(1);
    await again.write(true);
    expect((await lines()).map(messages)).toEqual([['a']]);
    await again.close();
    const third = await opened();
    expect(third.pending()).toBe(0);
    await third.close();
  });

  it('takes an erased run out of its conversation, and the line away where nothing is left', async () => {
    const conversations = await opened();
    await written(conversations, run('a', 'c1'), run('b', 'c1'), run('x', 'c2'));
    await conversations.write(true);
    await conversations.close();
    await store.close();
    const gone = [run('a', 'c1').trajectory_id, run('x', 'c2').trajectory_id];
    const result = await eraseRuns(dataDir, { ids: gone });
    expect(result.erased.toSorted()).toEqual(gone.toSorted());
    expect(await lines()).toEqual([]);
    const again = await opened();
    await again.write(true);
    expect((await lines()).map(messages)).toEqual([['b']]);
    await again.close();
  });

  it('drops lines that later ones superseded, but for those that a legal hold of the data directory covers', async () => {
    const conversations = await opened(NO_AGE);
    for (const conversation of ['c1', 'c2']) {
      await written(conversations, run(`a ${conversation}`, conversation));
      await conversations.write(true);
      await written(conversations, run(`b ${conversation}`, conversation));
      await conversations.write(true);
    }
    await appendHold(dataDir, {
      schema_version: 'aftertrace.hold.v1',
      id: 'hold_1',
      at: '2026-11-22T12:00:00.000Z',
      by: 'counsel',
      reason: 'a claim',
      selector: { conversation: 'c1' },
    });
    const before = await lines();
    expect(before).toHaveLength(2);
    expect(await conversations.compact()).toMatchObject({ removedLines: 1, held: 1 });
    expect(await lines()).toEqual(before);
    await conversations.close();
  });

  it('tells once that the disk refuses, and writes when it is well', async () => {
    const conversations = await opened();
    await written(conversations, run('a', 'c1'));
    const inTheWay = join(dataDir, CONVERSATIONS_DIR, 'trajectories');
    await writeFile(inTheWay, '');
    await conversations.write(true);
    await conversations.write(true);
    expect(problems).toHaveLength(1);
    await rm(inTheWay);
    await conversations.write(true);
    expect((await lines()).map(messages)).toEqual([['a']]);
    await conversations.close();
  });

  it('leaves runs without a conversation alone', async () => {
    const conversations = await opened();
    await written(conversations, sampleTrajectory({ run: 'lonely' }));
    await conversations.write(true);
    expect(await lines()).toEqual([]);
    await conversations.close();
  });

  it('puts large texts back together, and writes whole conversations in the other form too', async () => {
    await store.close();
    store = createTrajectoryStore(dataDir, { config: { blobs: { minBytes: 1024 } } });
    const long = 'word '.repeat(1000);
    const conversations = await opened({ hermes: true });
    await written(conversations, run('a', 'c1', long), run('b', 'c1'));
    await conversations.write(true);
    expect(messages((await lines())[0])).toEqual([long, 'b']);
    const hermes = join(dataDir, CONVERSATIONS_DIR, 'trajectories', 'hermes');
    expect(await readdir(hermes)).toHaveLength(1);
    await conversations.close();
    expect(problems).toEqual([]);
  });
});

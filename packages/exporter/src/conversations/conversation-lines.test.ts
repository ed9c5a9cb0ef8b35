import { appendFile, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Trajectory } from '@aftertrace/schema';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { FilesConfigInput } from '../files/files-config.ts';
import { appendHold } from '../files/holds.ts';
import { sampleTrajectory } from '../testing/sample-trajectory.ts';
import { readTrajectories } from '../trajectory/read-trajectories.ts';
import { createTrajectoryStore, type TrajectoryStore } from '../trajectory/trajectory-store.ts';
import { eraseRuns } from './erase-runs.ts';
import {
  CONVERSATIONS_DIR,
  createConversationLines,
  type ConversationLines,
} from './conversation-lines.ts';

const IDLE = 1000;
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
  const line = sampleTrajectory({ run: id, message });
  const { aftertrace } = line.extra;
  return { ...line, extra: { aftertrace: { ...aftertrace, conversationId: conversation } } };
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
    const minAgeMillis = { success: 0, failure: 0, unresolved: 0 };
    const conversations = await opened({ retention: { minAgeMillis } });
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

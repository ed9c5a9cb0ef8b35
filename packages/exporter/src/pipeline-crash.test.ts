import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Trajectory } from '@aftertrace/schema';
import { expect, it } from 'vitest';

import { createJournal } from './journal/journal.ts';
import { createPipeline } from './pipeline.ts';

/** Lets a companion take runs in until it has acknowledged so many, then kills it; gives the acknowledged runs. */
async function runAndKill(dataDir: string, prefix: string, runs: number): Promise<string[]> {
  const script = join(import.meta.dirname, 'testing/accept-forever.ts');
  const child = spawn(
    process.execPath,
    ['--conditions=@aftertrace/source', script, dataDir, prefix],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
    if (output.split('\n').length > runs) child.kill('SIGKILL');
  });
  await once(child, 'close');
  return output.split('\n').slice(0, -1);
}

async function writtenLines(dataDir: string): Promise<Trajectory[]> {
  const below = join(dataDir, 'trajectories');
  const files = (await readdir(below, { recursive: true })).filter((name) =>
    name.endsWith('.jsonl'),
  );
  const texts = await Promise.all(files.map((name) => readFile(join(below, name), 'utf8')));
  return texts
    .flatMap((text) => text.split('\n').filter((line) => line !== ''))
    .map((line) => Trajectory.parse(JSON.parse(line)));
}

it('loses no acknowledged run and writes none twice when it is killed again and again', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'aftertrace-crash-'));
  try {
    const acknowledged: string[] = [];
    for (const [round, runs] of [25, 90, 5].entries()) {
      acknowledged.push(...(await runAndKill(dataDir, `r${round}`, runs)));
    }
    const pipeline = createPipeline({
      dataDir,
      journal: createJournal({ dir: join(dataDir, 'journal') }),
    });
    await pipeline.start();
    await pipeline.flush({ all: true });
    await pipeline.shutdown();
    const lines = await writtenLines(dataDir);
    const whole = lines.filter((line) => line.extra.aftertrace.completeness.spans === 4);
    const runs = whole.map((line) => line.extra.aftertrace.runId);
    expect(acknowledged.length).toBeGreaterThanOrEqual(120);
    expect(acknowledged.filter((run) => !runs.includes(run))).toEqual([]);
    const revisions = lines.map(
      (line) => `${line.trajectory_id}/${line.extra.aftertrace.revision}`,
    );
    expect(new Set(revisions).size).toBe(revisions.length);
    expect(new Set(runs).size).toBe(runs.length);
    expect(whole.every((line) => line.extra.aftertrace.completeness.events === 3)).toBe(true);
    expect(await readdir(join(dataDir, 'journal'))).toEqual([]);
  } finally {
    await rm(dataDir, { recursive: true });
  }
}, 60_000);

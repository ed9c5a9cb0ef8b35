import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdtempSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import path from 'node:path';

import { readLines } from '@aftertrace-examples/first-flight/facts';
import { until } from '@aftertrace-examples/first-flight/processes';
import { Trajectory } from '@aftertrace/schema';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { startCompanion, type Companion } from '../harness/start-companion.ts';
import { describeWith } from '../programs/describe-with.ts';
import { foreignRun, send } from './foreign-run.ts';
import { committedConfig, startCommitted, type CommittedCollector } from './start-committed.ts';

/** Somebody without rights, as whom the Collector runs; nobody but root can start it as somebody else. */
const ROOT = process.getuid?.() === 0;
const NAME = ROOT ? 'nobody' : userInfo().username;
const user = { uid: idOf('-u'), gid: idOf('-g') };
if (!ROOT) console.log(`!! the Collector as another user: it runs as ${NAME}, as this test does`);

function idOf(which: '-u' | '-g'): number {
  return Number(execFileSync('id', [which, NAME], { encoding: 'utf8' }));
}

const traceIdOf = (run: number): string => String(run + 1).padStart(32, 'a');

describeWith(['collector'], 'production.yaml in a Collector that is not root', (programs) => {
  const ends: (() => Promise<void>)[] = [];
  let dir: string;
  let program: string;
  let companion: Companion;

  beforeAll(async () => {
    dir = mkdtempSync(path.join(tmpdir(), 'aftertrace-user-'));
    chmodSync(dir, 0o755);
    // Where it was built may be nobody's business.
    program = path.join(dir, 'otelcol');
    copyFileSync(programs.collector.program, program);
    chmodSync(program, 0o755);
    companion = await startCompanion({ dir: path.join(dir, 'companion') });
    ends.push(companion.stop);
  });
  afterAll(async () => {
    for (const end of ends.toReversed()) await end();
    await rm(dir, { recursive: true, force: true });
  });

  const bringUp = async (storage: string, name: string): Promise<CommittedCollector> => {
    const work = path.join(dir, name);
    await mkdir(work, { recursive: true });
    return startCommitted({
      program,
      dir: work,
      file: 'production.yaml',
      companion: companion.otlp,
      env: { STORAGE_DIR: path.join(storage, 'aftertrace') },
      name,
      user,
    });
  };

  test('does not start where its storage cannot be made, and says where that is', async () => {
    const storage = path.join(dir, 'not-prepared');
    await mkdir(storage, { mode: 0o555 });
    await expect(bringUp(storage, 'refused')).rejects.toThrow(
      /mkdir .*not-prepared\/aftertrace: permission denied/,
    );
  });

  test('starts where it was prepared as documented, and what waits there survives it', async () => {
    const storage = path.join(dir, 'prepared');
    prepareAsDocumented(storage);
    await companion.stop();
    const first = await bringUp(storage, 'first');
    expect(uidsOf(first.pid)).toEqual(Array.from({ length: 4 }, () => user.uid));
    const send5 = async (collector: CommittedCollector, from: number): Promise<void> => {
      for (let run = from; run < from + 5; run += 1)
        await send(
          collector.otlp,
          foreignRun({ traceId: traceIdOf(run), agent: 'a', tool: 't', result: '{}' }),
        );
    };
    await send5(first, 0);
    await first.kill();
    for (const file of filesOf(storage)) {
      expect(statSync(file).uid).toBe(user.uid);
      // Messages of agents wait in it.
      expect(statSync(file).mode & 0o077).toBe(0);
    }

    const second = await bringUp(storage, 'second');
    ends.push(second.stop);
    await send5(second, 5);
    await companion.start();
    const ids = await until('all runs', async () => {
      const { success, failure, unresolved } = await readLines(companion.dataDir);
      const lines = [...success, ...failure, ...unresolved].map((line) => Trajectory.parse(line));
      const found = lines.flatMap((line) => line.extra.aftertrace.traceIds);
      return found.length >= 10 ? found : undefined;
    });
    expect(ids.toSorted()).toEqual(
      Array.from({ length: 10 }, (_, run) => traceIdOf(run)).toSorted(),
    );
  });
});

/** The command of the README, with another place and user. */
function prepareAsDocumented(storage: string): void {
  const page = readFileSync(committedConfig('README.md'), 'utf8');
  const [, words = ''] = /`sudo (install [^`]+)`/.exec(page) ?? [];
  expect(words).toMatch(/ USER .*\/var\/lib\/otelcol$/);
  const told = words.replace('USER', NAME).replace('/var/lib/otelcol', storage).split(' ');
  execFileSync(told[0] ?? '', told.slice(1));
}

/** Real, effective, saved and of the file system, as Linux tells them. */
function uidsOf(pid: number): readonly number[] {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return (/^Uid:\s+(.+)$/m.exec(status)?.[1] ?? '').split(/\s+/).map(Number);
}

function filesOf(directory: string): readonly string[] {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  expect(files.length).toBeGreaterThan(0);
  return files.map(({ parentPath, name }) => path.join(parentPath, name));
}

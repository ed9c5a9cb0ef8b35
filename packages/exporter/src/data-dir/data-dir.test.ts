import { createHash } from 'node:crypto';
import { spawn, type ChildProcess } from 'node:child_process';
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openDataDir, readLock, type DataDir, type DataDirOptions } from './data-dir.ts';
import { identify, isRunning } from './process-identity.ts';

const CHILD = fileURLToPath(new URL('./testing/open-and-hold.ts', import.meta.url));
const NOW = Date.UTC(2026, 10, 22, 10);

let root = '';
let dir = '';
const children: ChildProcess[] = [];
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'data-dir-'));
  dir = join(root, 'data');
});
afterEach(async () => {
  await Promise.all(children.splice(0).map(kill));
  await rm(root, { recursive: true });
});

async function opened(options: DataDirOptions = {}): Promise<DataDir> {
  const result = await openDataDir(dir, { now: () => NOW, ...options });
  if (result.kind !== 'opened') throw new Error(`in use by ${result.owner.pid}`);
  return result.dataDir;
}

const mode = async (path: string): Promise<number> => (await stat(path)).mode & 0o777;
const names = async (): Promise<readonly string[]> => (await readdir(dir)).toSorted();

interface Contender {
  readonly child: ChildProcess;
  readonly go: () => void;
  readonly answer: () => Promise<string>;
}

/** A process that is ready to open the directory. */
async function contender(): Promise<Contender> {
  const child = spawn(process.execPath, ['--conditions=@aftertrace/source', CHILD, dir], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  children.push(child);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const line = async (): Promise<string> => String((await lines.next()).value);
  await line();
  return { child, go: () => child.stdin.write('go\n'), answer: line };
}

async function kill(child: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => child.on('close', resolve));
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await ended;
}

describe('openDataDir', () => {
  test('makes a private directory with a version and a lock that names its owner', async () => {
    const dataDir = await opened();
    expect(dataDir.path).toBe(dir);
    expect(await mode(dir)).toBe(0o700);
    expect(await names()).toEqual(['VERSION', 'lock']);
    expect(await readFile(join(dir, 'VERSION'), 'utf8')).toBe('1\n');
    expect(await mode(join(dir, 'lock'))).toBe(0o600);
    expect(await readLock(dir)).toEqual({
      v: 1,
      pid: process.pid,
      processStart: expect.stringMatching(/\/\d+$/),
      startedAt: '2026-11-22T10:00:00.000Z',
    });
  });

  test('addresses are added as they are known, and the file stays private', async () => {
    const dataDir = await opened();
    await Promise.all([
      dataDir.setAddresses({ otlp: 'http://127.0.0.1:4319' }),
      dataDir.setAddresses({ console: 'http://127.0.0.1:4320', token: 'secret' }),
    ]);
    expect(await readLock(dir)).toMatchObject({
      pid: process.pid,
      otlp: 'http://127.0.0.1:4319',
      console: 'http://127.0.0.1:4320',
      token: 'secret',
    });
    expect(await mode(join(dir, 'lock'))).toBe(0o600);
    expect(await names()).toEqual(['VERSION', 'lock']);
  });

  test('a second open, also in the same process, is told who has it', async () => {
    const first = await opened();
    expect(await openDataDir(dir)).toMatchObject({
      kind: 'in_use',
      owner: { pid: process.pid, startedAt: '2026-11-22T10:00:00.000Z' },
    });
    await first.close();
    await first.close();
    expect(await readLock(dir)).toBeUndefined();
    const second = await opened();
    await first.setAddresses({ otlp: 'http://127.0.0.1:1' });
    await first.close();
    expect((await readLock(dir))?.otlp).toBeUndefined();
    await second.close();
    expect(await names()).toEqual(['VERSION']);
  });

  test.each([
    ['of a process that is gone', { pid: 2 ** 22 + 1 }],
    ['of a process whose id was given to another', { pid: process.pid, processStart: 'boot/1' }],
  ])('a lock %s is taken over', async (_name, owner) => {
    await (await opened()).close();
    const stale = { v: 1, startedAt: '2026-01-01T00:00:00.000Z', ...owner };
    await writeFile(join(dir, 'lock'), JSON.stringify(stale));
    expect(await readLock(dir)).toBeUndefined();
    await opened();
    expect((await readLock(dir))?.startedAt).toBe('2026-11-22T10:00:00.000Z');
    expect(await names()).toEqual(['VERSION', 'lock']);
  });

  test.each(['', '{"v":1,"pi', 'null', '{"v":2}'])(
    'a lock that says %j belongs to nobody and is taken over',
    async (text) => {
      await (await opened()).close();
      await writeFile(join(dir, 'lock'), text);
      expect(await readLock(dir)).toBeUndefined();
      await opened();
      expect((await readLock(dir))?.pid).toBe(process.pid);
    },
  );

  test('a lock without a start time is judged by its process id alone', async () => {
    await (await opened()).close();
    const foreign = { v: 1, pid: process.ppid, startedAt: '2026-01-01T00:00:00.000Z' };
    await writeFile(join(dir, 'lock'), JSON.stringify(foreign));
    expect(await openDataDir(dir)).toMatchObject({ kind: 'in_use', owner: { pid: process.ppid } });
  });

  test('another layout version is refused and left unchanged', async () => {
    await (await opened()).close();
    await writeFile(join(dir, 'VERSION'), '7\u001b[2J\n');
    await expect(openDataDir(dir)).rejects.toMatchObject({
      code: 'data_dir_version',
      message: `${dir} has layout version "7\\u001b[2J", from which this aftertrace knows no way to its own, 1; use the aftertrace that wrote it, or another directory`,
    });
    expect(await names()).toEqual(['VERSION']);
  });

  test('a path that is a file is refused with a reason', async () => {
    await writeFile(dir, 'a file');
    await expect(openDataDir(dir)).rejects.toMatchObject({ code: 'data_dir_unusable' });
  });

  test('the mode of a directory that was there is left alone', async () => {
    await (await opened()).close();
    await chmod(dir, 0o750);
    await opened();
    expect(await mode(dir)).toBe(0o750);
  });

  test('readLock of a directory that does not exist finds nobody', async () => {
    expect(await readLock(join(root, 'nowhere'))).toBeUndefined();
  });
});

describe('between processes', () => {
  test('of several that race for a dead lock exactly one gets it, again and again', async () => {
    for (let round = 0; round < 4; round += 1) {
      // From the second round on, the lock is that of the winner that was killed.
      const contenders = await Promise.all(Array.from({ length: 5 }, contender));
      for (const { go } of contenders) go();
      const answers = await Promise.all(contenders.map(({ answer }) => answer()));
      const winners = contenders.filter((_, index) => answers[index] === 'opened');
      expect(winners).toHaveLength(1);
      const winner = winners[0]?.child.pid;
      expect(answers.filter((answer) => answer === `in_use ${winner}`)).toHaveLength(4);
      expect((await readLock(dir))?.pid).toBe(winner);
      await Promise.all(contenders.map(({ child }) => kill(child)));
      expect(await readLock(dir)).toBeUndefined();
    }
    await opened();
    expect(await names()).toEqual(['VERSION', 'lock']);
  });

  test('of many that find the same dead lock at once exactly one removes it and gets it', async () => {
    await (await opened()).close();
    for (let round = 0; round < 20; round += 1) {
      const dead = { v: 1, pid: 2 ** 22 + 1 + round, startedAt: '2026-01-01T00:00:00.000Z' };
      await writeFile(join(dir, 'lock'), JSON.stringify(dead));
      const results = await Promise.all(Array.from({ length: 20 }, () => openDataDir(dir)));
      const winners = results.flatMap((result) => (result.kind === 'opened' ? result.dataDir : []));
      expect(winners).toHaveLength(1);
      await winners[0]?.close();
      expect(await names()).toEqual(['VERSION']);
    }
  });

  test('a process that was killed while it removed a dead lock does not block the next', async () => {
    await (await opened()).close();
    const dead = { v: 1, pid: 2 ** 22 + 1, startedAt: '2026-01-01T00:00:00.000Z' };
    await writeFile(join(dir, 'lock'), JSON.stringify(dead));
    const digest = createHash('sha256').update(JSON.stringify(dead)).digest('hex').slice(0, 16);
    const guard = `lock.break-${digest}`;
    await writeFile(join(dir, guard), JSON.stringify({ ...dead, pid: 2 ** 22 + 2 }));
    await opened();
    expect(await names()).toEqual(['VERSION', 'lock']);
  });

  test('a process is told from a later one with its id, and a killed one is not running', async () => {
    const { child } = await contender();
    const identity = await identify(child.pid ?? 0);
    expect(await isRunning(identity)).toBe(true);
    expect(await isRunning({ ...identity, processStart: 'other' })).toBe(false);
    await kill(child);
    expect(await isRunning(identity)).toBe(false);
  });

  test('a process that has ended but was not reaped is not running', async () => {
    // The shell becomes another program before its child ends, and that one never asks for it.
    const parent = spawn('sh', ['-c', 'sleep 0.3 & echo $!; exec sleep 60'], { stdio: 'pipe' });
    children.push(parent);
    const lines = createInterface({ input: parent.stdout })[Symbol.asyncIterator]();
    const pid = Number((await lines.next()).value);
    await expect.poll(() => isRunning({ pid }), { interval: 1 }).toBe(false);
    expect(process.kill(pid, 0)).toBe(true);
  });
});

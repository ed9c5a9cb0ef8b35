import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { createJournal, readTrajectories } from '@aftertrace/exporter';
import { verifyLedger } from '@aftertrace/ledger';
import type { LedgerEntry } from '@aftertrace/schema';
import { describe, expect, onTestFinished, test } from 'vitest';

import { ExitCode } from '../exit-code.ts';
import { run } from '../testing/run.ts';
import { openOwnDataDir } from './data-dir.ts';
import { foreignRun, runningCompanion, sendTraces, TOKEN } from './testing/running.ts';

const ORDER = ['--by', 'dpo@example.com', '--reason', 'request of the person'];

async function audit(dataDir: string): Promise<readonly LedgerEntry[]> {
  const file = path.join(dataDir, 'audit.jsonl');
  expect(await verifyLedger(file)).toMatchObject({ ok: true });
  const text = await readFile(file, 'utf8');
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as LedgerEntry);
}

async function conversations(dataDir: string): Promise<readonly string[]> {
  const runs = await Array.fromAsync(readTrajectories(dataDir));
  return runs.map(({ trajectory }) => trajectory.extra.aftertrace.conversationId ?? '').toSorted();
}

/** A companion with runs of two people in two conversations. */
async function withRuns(): ReturnType<typeof runningCompanion> {
  const running = await runningCompanion();
  const { otlp } = running.addresses;
  await sendTraces(otlp, foreignRun({ trace: 'a', conversation: 'conv-1', user: 'ana' }));
  await sendTraces(otlp, foreignRun({ trace: 'b', conversation: 'conv-2', user: 'ben' }));
  await running.companion.pipeline.flush({ all: true });
  return running;
}

describe('data erase', () => {
  test('through a running companion takes the runs of a person away, and the audit log says so without the name', async () => {
    const { dataDir } = await withRuns();
    const { code, out } = await run(
      'data',
      'erase',
      '--data',
      dataDir,
      '--subject',
      'person:ana',
      ...ORDER,
      '--json',
    );
    expect(code).toBe(ExitCode.OK);
    expect(JSON.parse(out)).toMatchObject({ runs: 1, lines: 1, refused: [] });
    expect(await conversations(dataDir)).toEqual(['conv-2']);
    const entries = (await audit(dataDir)).filter(({ type }) => type === 'data.erased');
    expect(
      entries.map(({ data, actor }) => [data['phase'], data['subject'], actor.id, actor.assurance]),
    ).toEqual([
      ['begun', 'person', 'dpo@example.com', 'token'],
      ['done', 'person', 'dpo@example.com', 'token'],
    ]);
    expect(JSON.stringify(entries)).not.toContain('"ana"');
  });

  test('is ended by the next companion where a crash broke it off, and by the next order where none runs', async () => {
    const { dataDir, companion, directory } = await withRuns();
    await companion.shutdown(2000);
    await directory.close();
    const erasure = (id: string, person: string): Promise<void> => {
      const request = { subject: { kind: 'person', id: person }, reason: 'asked', by: 'dpo' };
      const text = JSON.stringify({ id, request, runs: [], blobs: [] });
      return writeFile(path.join(dataDir, 'erasures', `${id}.json`), text);
    };
    await mkdir(path.join(dataDir, 'erasures'));
    await erasure('one', 'ana');
    await run('data', 'hold', 'add', '--data', dataDir, '--conversation', 'other', ...ORDER);
    expect(await conversations(dataDir)).toEqual(['conv-2']);
    await erasure('two', 'ben');
    const opened = await openOwnDataDir(dataDir);
    const next = await runningCompanion({ dataDir: opened });
    onTestFinished(async () => opened.close());
    await expect.poll(() => readdir(path.join(dataDir, 'erasures'))).toEqual([]);
    await next.companion.shutdown(2000);
    expect(await conversations(dataDir)).toEqual([]);
    const entries = (await audit(dataDir)).filter(({ type }) => type === 'data.erased');
    expect(entries.map(({ data }) => [data['phase'], data['resumed']])).toEqual([
      ['done', true],
      ['done', true],
    ]);
  });

  test('a span that comes late does not bring back what was erased with its run', async () => {
    const { dataDir, companion, addresses } = await runningCompanion({
      exporter: { assembly: { graceMillis: 1 }, checkIntervalMillis: 5 },
    });
    await sendTraces(addresses.otlp, foreignRun({ trace: 'a', conversation: 'conv-1' }));
    await expect.poll(() => conversations(dataDir)).toEqual(['conv-1']);
    await run('data', 'erase', '--data', dataDir, '--subject', 'conversation:conv-1', ...ORDER);
    const again = foreignRun({ trace: 'a', conversation: 'conv-1', user: 'ana' }) as {
      resourceSpans: { scopeSpans: { spans: object[] }[] }[];
    };
    const spans = again.resourceSpans[0]?.scopeSpans[0]?.spans ?? [];
    const [, root] = spans;
    const late = { ...root, spanId: '3'.repeat(16), parentSpanId: '1'.repeat(16) };
    spans.splice(0, spans.length, late);
    await sendTraces(addresses.otlp, again);
    await companion.pipeline.flush({ all: true });
    const runs = await Array.fromAsync(readTrajectories(dataDir));
    expect(JSON.stringify(runs)).not.toContain('refund');
  });

  test('what is sent again after it was erased is new telemetry, and can be erased again', async () => {
    const { dataDir, companion, addresses } = await withRuns();
    const erase = ['data', 'erase', '--data', dataDir, '--subject', 'person:ana', ...ORDER];
    expect((await run(...erase)).out).toMatch(/^erased 1 runs: 1 lines/);
    await sendTraces(addresses.otlp, foreignRun({ trace: 'a', conversation: 'conv-1' }));
    await companion.pipeline.flush({ all: true });
    expect(await conversations(dataDir)).toEqual(['conv-1', 'conv-2']);
    expect((await run(...erase)).out).toMatch(/^erased 1 runs: 1 lines/);
    expect((await run(...erase)).out).toMatch(/^erased 0 runs: 0 lines/);
    expect(await conversations(dataDir)).toEqual(['conv-2']);
  });

  test('leaves what a legal hold covers, says so, and erases it once the hold is lifted', async () => {
    const { dataDir } = await withRuns();
    const added = await run(
      'data',
      'hold',
      'add',
      '--data',
      dataDir,
      '--conversation',
      'conv-1',
      ...ORDER,
      '--json',
    );
    expect(added.code).toBe(ExitCode.OK);
    const { id } = JSON.parse(added.out) as { id: string };
    expect((await run('data', 'hold', 'list', '--data', dataDir)).out).toContain(id);
    const erase = ['data', 'erase', '--data', dataDir, '--subject', 'person:ana', ...ORDER];
    const kept = await run(...erase);
    expect(kept.code).toBe(ExitCode.FAILED);
    expect(kept.out).toContain(`kept by legal hold ${id}`);
    expect(await conversations(dataDir)).toEqual(['conv-1', 'conv-2']);
    expect((await run('data', 'hold', 'release', id, '--data', dataDir, ...ORDER)).code).toBe(
      ExitCode.OK,
    );
    expect((await run('data', 'hold', 'release', id, '--data', dataDir, ...ORDER)).code).toBe(
      ExitCode.FAILED,
    );
    expect((await run(...erase)).code).toBe(ExitCode.OK);
    expect(await conversations(dataDir)).toEqual(['conv-2']);
    const types = (await audit(dataDir)).map(({ type }) => type);
    expect(types.filter((type) => type.startsWith('hold.'))).toEqual([
      'hold.ordered',
      'hold.released',
    ]);
  });

  test('without a companion takes the lock and does the same; what else names the subject is told', async () => {
    const { dataDir, companion } = await withRuns();
    await companion.shutdown(2000);
    const copy = await mkdtemp(path.join(tmpdir(), 'aftertrace-copy-'));
    onTestFinished(() => rm(copy, { recursive: true }));
    expect((await run('data', 'backup', copy, '--data', dataDir)).code).toBe(ExitCode.OK);
    await mkdir(path.join(copy, 'reviews'), { recursive: true });
    await writeFile(path.join(copy, 'reviews', 'r.md'), '# Review\nconv-1 failed\n');
    const { code, out } = await run(
      'data',
      'erase',
      '--data',
      copy,
      '--subject',
      'conversation:conv-1',
      ...ORDER,
    );
    expect(code).toBe(ExitCode.OK);
    expect(out).toContain('erased 1 runs');
    expect(out).toContain('stays: reviews/r.md (1 lines)');
    expect(await conversations(copy)).toEqual(['conv-2']);
    expect((await run('data', 'check', '--data', copy)).code).toBe(ExitCode.OK);
    expect((await audit(copy)).at(-1)).toMatchObject({
      actor: { assurance: 'asserted' },
      type: 'data.erased',
    });
  });

  test.each([
    [['--subject', 'ana', ...ORDER], 'conversation:ID, person:ID or run:ID'],
    [['--subject', 'person:', ...ORDER], 'conversation:ID, person:ID or run:ID'],
    [['--subject', 'person:ana', '--by', 'a'], '--reason'],
    [['--subject', 'person:ana', '--reason', 'r'], '--by'],
  ])('%j is no order', async (args, message) => {
    const { dataDir } = await runningCompanion();
    const { code, err } = await run('data', 'erase', '--data', dataDir, ...args);
    expect(code).toBe(ExitCode.USAGE);
    expect(err).toContain(message);
  });
});

describe('the path for orders about data', () => {
  test('is behind the token, and refuses what is no order', async () => {
    const { post, get, dataDir } = await withRuns();
    const order = { subject: { kind: 'person', id: 'ana' }, reason: 'r', by: 'b' };
    expect((await post('/data/v1/erase', order)).status).toBe(401);
    expect((await get('/data/v1/erase', TOKEN)).status).toBe(405);
    for (const bad of [
      {},
      { ...order, reason: ' ' },
      { ...order, subject: { kind: 'all', id: 'x' } },
      'x'.repeat(70_000),
    ])
      expect((await post('/data/v1/erase', bad, TOKEN)).status).toBeGreaterThanOrEqual(400);
    expect(await conversations(dataDir)).toHaveLength(2);
    expect(await (await get('/data/v1/holds', TOKEN)).json()).toEqual({ holds: [] });
  });

  test('erases nothing while the holds cannot be read', async () => {
    const { post, dataDir } = await withRuns();
    await writeFile(path.join(dataDir, 'holds.jsonl'), 'no hold\n');
    const order = { subject: { kind: 'person', id: 'ana' }, reason: 'r', by: 'b' };
    const response = await post('/data/v1/erase', order, TOKEN);
    expect(response.status).toBe(409);
    expect(await response.text()).toContain('holds.jsonl');
    expect(await conversations(dataDir)).toHaveLength(2);
  });
});

describe('data check and backup', () => {
  test('beside a running companion: sound, and the copy is too', async () => {
    const { dataDir } = await withRuns();
    expect(await run('data', 'check', '--data', dataDir)).toMatchObject({ code: ExitCode.OK });
    const target = `${dataDir}-backup`;
    const { code, out } = await run('data', 'backup', target, '--data', dataDir, '--json');
    expect(code).toBe(ExitCode.OK);
    expect(JSON.parse(out)).toMatchObject({ check: { ok: true, lines: 2 } });
    expect(await conversations(target)).toEqual(['conv-1', 'conv-2']);
  });

  describe('and its keys', () => {
    const REASON = 'Bob of Hill Street asked for it';
    const KEYS = ['audit.key.pem', 'detail-keys', 'token', 'tokens.json'];

    /** A backup of a directory in which a reason is kept, and how it is seen from a copy. */
    async function backedUp(...options: readonly string[]) {
      const { dataDir, companion } = await withRuns();
      const actor = { kind: 'human', id: 'ana', assurance: 'token' } as const;
      const scope = { agent: 'support' };
      await companion.control.contain({ kind: 'kill', scope, reason: REASON, actor });
      await writeFile(path.join(dataDir, 'token'), 'secret');
      const target = `${dataDir}-backup`;
      onTestFinished(async () => rm(target, { recursive: true, force: true }));
      const { code, out } = await run('data', 'backup', target, '--data', dataDir, ...options);
      expect([code, out]).toEqual([ExitCode.OK, expect.anything()]);
      const { out: printed } = await run('audit', 'export', '--texts', '--data', target);
      return { dataDir, target, out, printed, names: await readdir(target) };
    }

    test('are in it unless they are left out, and it says so', async () => {
      const { out, printed, names } = await backedUp();
      expect(names).toEqual(expect.arrayContaining(KEYS.slice(0, 3)));
      expect(out).toContain('who has this copy can sign');
      expect(printed).toContain(REASON);
    });

    test('are left out when asked: what is encrypted is not read from it, and all else is', async () => {
      const { target, printed, names } = await backedUp('--without-keys');
      expect(names.filter((name) => KEYS.includes(name))).toEqual([]);
      expect(printed).not.toContain(REASON);
      expect(printed).toContain('"reason":"(erased)"');
      expect(await conversations(target)).toEqual(['conv-1', 'conv-2']);
      expect((await run('audit', 'verify', '--data', target)).code).toBe(ExitCode.OK);
    });

    test('go elsewhere when asked, and both together are the directory again', async () => {
      const apart = path.join(tmpdir(), `aftertrace-keys-${crypto.randomUUID()}`);
      onTestFinished(async () => rm(apart, { recursive: true, force: true }));
      const { dataDir, target, names } = await backedUp('--keys-to', apart);
      expect(names.filter((name) => KEYS.includes(name))).toEqual([]);
      await rm(path.join(apart, 'BACKUP.json'));
      await cp(apart, target, { recursive: true });
      const { out } = await run('audit', 'export', '--texts', '--data', target);
      expect(out).toContain(REASON);
      for (const name of ['audit.key.pem', 'token'])
        expect(await readFile(path.join(target, name))).toEqual(
          await readFile(path.join(dataDir, name)),
        );
    });

    test('a companion goes on with a backup without keys: the log verifies, and the kill is in force', async () => {
      const { target } = await backedUp('--without-keys');
      const restored = await runningCompanion({ dataDir: await openOwnDataDir(target) });
      expect(restored.companion.control.state().containments).toMatchObject([
        { kind: 'kill', reason: '(erased)' },
      ]);
      await restored.companion.shutdown(2000);
      await rm(path.join(target, 'lock'), { force: true });
      expect((await run('audit', 'verify', '--data', target)).code).toBe(ExitCode.OK);
      expect(await readFile(path.join(target, 'audit.jsonl'), 'utf8')).toContain('"previousKey"');
    });
  });

  test('what nobody has looked at is told, and is no error', async () => {
    const { dataDir } = await withRuns();
    const encryption = { key: Buffer.alloc(32, 'k') };
    const journal = createJournal({ dir: path.join(dataDir, 'journal'), encryption });
    await journal.start();
    const body = Buffer.from('of somebody');
    await journal.append({
      signal: 'traces',
      encoding: 'protobuf',
      contentEncoding: 'identity',
      receivedAt: 1,
      body,
    });
    await journal.shutdown();
    const { code, out } = await run('data', 'check', '--data', dataDir);
    expect(code).toBe(ExitCode.OK);
    expect(out).toContain(': sound as far as could be checked;');
    expect(out).toMatch(/unchecked +journal\/\d+\.journal +encrypted, and a check has no keys/);
  });

  test('an audit log that was changed is found, with its line', async () => {
    const { dataDir } = await withRuns();
    await run('data', 'erase', '--data', dataDir, '--subject', 'person:ana', ...ORDER);
    const file = path.join(dataDir, 'audit.jsonl');
    const text = await readFile(file, 'utf8');
    await writeFile(file, text.replace('request of the person', 'request of nobody    '));
    const { code, out } = await run('data', 'check', '--data', dataDir);
    expect(code).toBe(ExitCode.FAILED);
    expect(out).toMatch(/error +audit\.jsonl:\d/);
  });
});

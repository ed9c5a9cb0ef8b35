import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { openDataDir } from '@aftertrace/exporter';
import { expect, onTestFinished, test } from 'vitest';

import { openAuditLedger } from '../companion/audit-ledger.ts';
import { runCli } from '../run-cli.ts';

interface Ran {
  readonly code: number;
  readonly text: string;
}

async function run(...args: readonly string[]): Promise<Ran> {
  const lines: string[] = [];
  const print = (line: string): void => void lines.push(line);
  const code = await runCli(['audit', ...args], { out: print, err: print });
  return { code, text: lines.join('\n') };
}

interface Logged {
  readonly data: string;
  readonly log: string;
  readonly elsewhere: string;
  readonly keyFile: string;
}

/** A data directory whose log has five entries; the agent left number 1 of its evidence out. */
async function logged(): Promise<Logged> {
  const folder = await mkdtemp(path.join(tmpdir(), 'aftertrace-audit-'));
  onTestFinished(async () => rm(folder, { recursive: true, force: true }));
  const data = path.join(folder, 'data');
  const opened = await openDataDir(data);
  if (opened.kind !== 'opened') throw new Error('it should open');
  const elsewhere = path.join(folder, 'elsewhere', 'checkpoints.jsonl');
  const settings = { checkpointFiles: [elsewhere] };
  const ledger = await openAuditLedger({ dataDir: data, now: Date.now, settings });
  for (const evidenceSeq of [0, 2, 3, 4, 5]) {
    await ledger.append({
      at: `2026-11-2${evidenceSeq}T10:00:00.000Z`,
      actor: { kind: 'agent', id: 'support', assurance: 'token' },
      type: evidenceSeq === 0 ? 'override' : 'decision',
      data: { instance: 'process-1', agent: 'support', evidenceSeq },
    });
  }
  await ledger.close();
  await opened.dataDir.close();
  const keyFile = path.join(folder, 'kept.pub.pem');
  await writeFile(keyFile, await readFile(path.join(data, 'audit.pub.pem')));
  return { data, log: path.join(data, 'audit.jsonl'), elsewhere, keyFile };
}

test('a sound log is signed for as a whole, and what never came is told', async () => {
  const { data, keyFile } = await logged();
  const { code, text } = await run('verify', '--data', data, '--key', keyFile);
  expect(code).toBe(1);
  expect(text).toContain('5 entries, the chain holds');
  expect(text).toContain('entries signed for: 5 of 5; checked with the keys given');
  expect(text).toContain('gap: agent support, process process-1: evidence 1 never came');
  const ignored = await run('verify', '--data', data, '--key', keyFile, '--ignore-gaps');
  expect(ignored.code).toBe(0);
});

test('without a key the one beside the log is taken, and what that is worth is told', async () => {
  const { data } = await logged();
  const { code, text } = await run('verify', '--data', data, '--ignore-gaps');
  expect(code).toBe(0);
  expect(text).toContain('proves nothing against who can write there');
});

test('a place that was named and is not there is no place that agrees', async () => {
  const { data, keyFile, elsewhere } = await logged();
  await rm(elsewhere);
  const given = ['--key', keyFile, '--checkpoints', elsewhere, '--ignore-gaps'];
  const { code, text } = await run('verify', '--data', data, ...given);
  expect([code, text]).toEqual([1, expect.stringContaining(`checkpoints at ${elsewhere}`)]);
});

test('an intruder who removes log, checkpoints and key is found by what was kept elsewhere', async () => {
  const { data, log, elsewhere, keyFile } = await logged();
  for (const name of ['audit.jsonl', 'audit.checkpoints.jsonl', 'audit.key.pem', 'audit.pub.pem'])
    await rm(path.join(data, name));
  const kept = ['--key', keyFile, '--checkpoints', elsewhere];
  const gone = await run('verify', '--data', data, ...kept);
  expect(gone).toMatchObject({ code: 1, text: expect.stringContaining('truncated') as unknown });
  expect(gone.text).toContain('states 5 entries');
  await writeFile(log, '');
  expect((await run('verify', '--data', data, ...kept)).text).toContain('truncated');
  const bare = await run('verify', '--data', data);
  expect(bare.text).toContain('no signature was checked');
});

test('a log that is not there, and that nothing knows of, is no sound log', async () => {
  const { data } = await logged();
  for (const name of ['audit.jsonl', 'audit.checkpoints.jsonl']) await rm(path.join(data, name));
  expect(await run('verify', '--data', data)).toMatchObject({
    code: 1,
    text: expect.stringContaining('there is no audit log') as unknown,
  });
});

test('an export can be verified by itself, and is the log byte for byte', async () => {
  const { data, log, keyFile } = await logged();
  const out = path.join(data, '..', 'export');
  expect((await run('export', '--data', data, '--out', out)).code).toBe(0);
  const file = path.join(out, 'audit.jsonl');
  expect(await readFile(file, 'utf8')).toBe(await readFile(log, 'utf8'));
  const checkpoints = path.join(out, 'audit.checkpoints.jsonl');
  const args = ['verify', '--file', file, '--checkpoints', checkpoints, '--key', keyFile];
  expect((await run(...args, '--ignore-gaps')).code).toBe(0);
  await writeFile(
    file,
    (await readFile(file, 'utf8')).replace('"evidenceSeq":3', '"evidenceSeq":9'),
  );
  expect(await run(...args, '--ignore-gaps')).toMatchObject({
    code: 1,
    text: expect.stringContaining('altered') as unknown,
  });
});

test('parts are printed by type and time, and not written as if they could be verified', async () => {
  const { data } = await logged();
  const printed = await run(
    'export',
    '--data',
    data,
    '--type',
    'decision',
    '--since',
    '2026-11-23',
    '--until',
    '2026-11-25',
  );
  expect(printed.text.split('\n').map((line) => (JSON.parse(line) as { seq: number }).seq)).toEqual(
    [2, 3],
  );
  const wrong = await run(
    'export',
    '--data',
    data,
    '--out',
    path.join(data, 'x'),
    '--type',
    'decision',
  );
  expect(wrong).toMatchObject({
    code: 2,
    text: expect.stringContaining('cannot be verified') as unknown,
  });
  expect((await run('export', '--data', data, '--since', 'soon')).code).toBe(2);
});

test('a line that is no entry does not end the printing of a part, and is told', async () => {
  const { data, log } = await logged();
  const lines = (await readFile(log, 'utf8')).split('\n');
  await writeFile(log, [lines[0], '{"seq":1,"x', '{}', ...lines.slice(1)].join('\n'));
  const { code, text } = await run('export', '--data', data, '--type', 'decision');
  expect(text.match(/"type":"decision"/g)).toHaveLength(4);
  expect(text).toMatch(/2 lines are no entries.*aftertrace audit verify/);
  expect(code).toBe(1);
});

test('a type that no entry has is a mistake, not an empty part', async () => {
  const { data } = await logged();
  const { code, text } = await run('export', '--data', data, '--type', 'containments');
  expect(code).toBe(2);
  expect(text).toMatch(/"containments" is no type of entry.*containment\.requested/);
});

test('what is exported of a log that was never signed is said, and nothing is made of a log that is not there', async () => {
  const { data, log } = await logged();
  const out = path.join(data, '..', 'export');
  await rm(path.join(data, 'audit.pub.pem'));
  expect(await run('export', '--data', data, '--out', out)).toMatchObject({
    code: 0,
    text: expect.stringContaining('there is no audit.pub.pem') as unknown,
  });
  expect(await readdir(out)).toEqual(['audit.checkpoints.jsonl', 'audit.jsonl']);
  await rm(log);
  const missing = { code: 1, text: expect.stringContaining('there is no audit log at') as unknown };
  expect(await run('export', '--data', data)).toMatchObject(missing);
  expect(await run('export', '--data', data, '--out', `${out}-2`)).toMatchObject(missing);
  expect(await readdir(path.join(data, '..'))).not.toContain('export-2');
});

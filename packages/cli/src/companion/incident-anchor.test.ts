import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { openDataDir } from '@aftertrace/exporter';
import { createIncidents } from '@aftertrace/incidents';
import type { Actor, Finding, IncidentLogLine } from '@aftertrace/schema';
import { expect, onTestFinished, test } from 'vitest';

import { runCli } from '../run-cli.ts';
import { openAuditLedger } from './audit-ledger.ts';
import { createIncidentAnchors } from './incident-anchor.ts';

const ANA: Actor = { kind: 'human', id: 'ana@example.com', assurance: 'token' };

const FINDING: Finding = {
  id: 'fnd_1',
  at: '2026-11-22T10:00:00.000Z',
  kind: 'tool_failure',
  detector: { id: 'aftertrace.exporter', version: '1' },
  agent: 'support',
  tool: 'refund',
  class: 'timeout',
  rule: 'json.success_false',
  fingerprintParts: ['tool_failure', 'support', 'refund', 'timeout', 'json.success_false'],
  severityHint: 'sev1',
  summary: 'refund failed',
  evidence: [],
};

interface Kept {
  readonly data: string;
  readonly file: string;
  readonly incident: string;
}

/** A data directory with an incident that was opened by a person, and has a note behind that. */
async function kept(): Promise<Kept> {
  const folder = await mkdtemp(path.join(tmpdir(), 'aftertrace-anchors-'));
  onTestFinished(async () => rm(folder, { recursive: true, force: true }));
  const data = path.join(folder, 'data');
  const opened = await openDataDir(data);
  if (opened.kind !== 'opened') throw new Error('it should open');
  const ledger = await openAuditLedger({ dataDir: data, now: Date.now });
  const anchors = createIncidentAnchors({
    append: (entry) => ledger.append(entry),
    onProblem: (error) => expect.unreachable(String(error)),
    later: () => undefined,
  });
  const incidents = createIncidents({
    dataDir: data,
    now: Date.now,
    randomId: () => 'one',
    destinations: [],
    log: () => undefined,
    onEvent: anchors.noted,
  });
  await incidents.start();
  await incidents.addFinding(FINDING);
  const [incident] = incidents.list();
  if (incident === undefined) throw new Error('it should have opened one');
  await incidents.transition(incident.id, { to: 'open', actor: ANA, reason: 'Bob told me so' });
  await incidents.note(incident.id, { actor: ANA, text: 'looking' });
  await incidents.shutdown();
  await anchors.flush();
  await ledger.close();
  await opened.dataDir.close();
  return { data, file: path.join(data, 'incidents.jsonl'), incident: incident.id };
}

async function run(...args: readonly string[]): Promise<readonly [code: number, text: string]> {
  const lines: string[] = [];
  const print = (line: string): void => void lines.push(line);
  return [await runCli(args, { out: print, err: print }), lines.join('\n')];
}

async function changeLines(
  file: string,
  change: (lines: readonly string[]) => readonly string[],
): Promise<void> {
  const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
  await writeFile(
    file,
    change(lines)
      .map((line) => `${line}\n`)
      .join(''),
  );
}

test('incidents that are as the audit log has sealed them are found sound', async () => {
  const { data } = await kept();
  expect(await run('audit', 'verify', '--data', data)).toMatchObject([0, expect.anything()]);
  expect(await run('data', 'check', '--data', data)).toMatchObject([0, expect.anything()]);
});

test.each<[string, RegExp, (lines: readonly string[]) => readonly string[]]>([
  ['that is gone', /missing .*nothing of it is there/, () => []],
  ['whose last note was cut off', /cut .*ends with event/, (lines) => lines.slice(0, -1)],
  [
    'in which a reason was changed',
    /altered .*the event was changed/,
    (lines) => lines.map((line) => line.replace('Bob told me so', 'I was bored')),
  ],
])('an incident %s is named by audit verify and by data check', async (_what, says, change) => {
  const { data, file, incident } = await kept();
  await changeLines(file, change);
  for (const command of [
    ['audit', 'verify'],
    ['data', 'check'],
  ]) {
    const [code, text] = await run(...command, '--data', data);
    expect(code).toBe(1);
    expect(text).toContain(incident);
    expect(text.replaceAll(/[\s:]+/g, ' ')).toMatch(says);
  }
});

test('a log that was exported is compared with incidents that are given with it', async () => {
  const { data, file, incident } = await kept();
  const log = path.join(data, 'audit.jsonl');
  const given = ['--file', log, '--incidents', file];
  expect(await run('audit', 'verify', ...given)).toMatchObject([0, expect.anything()]);
  await changeLines(file, (lines) => lines.slice(0, 1));
  expect(await run('audit', 'verify', ...given)).toEqual([1, expect.stringContaining(incident)]);
});

test('the audit log has no reason of an incident, and the head behind its last step', async () => {
  const { data, file } = await kept();
  const log = await readFile(path.join(data, 'audit.jsonl'), 'utf8');
  expect(log).toContain('"type":"incident.transition"');
  expect(log).not.toContain('Bob');
  const last = (await readFile(file, 'utf8')).trimEnd().split('\n').at(-1) ?? '';
  expect(log).toContain((JSON.parse(last) as IncidentLogLine).hash);
});

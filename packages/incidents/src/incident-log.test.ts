import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { IncidentLogLine } from '@aftertrace/schema';
import { expect, test } from 'vitest';

import { readIncidents } from './read-incidents.ts';
import { ana, containmentOf, findingOf, overrideOf } from './testing/findings.ts';
import { incidentsIn, temporaryDirectory } from './testing/incidents-in.ts';

test('what is on disk after a restart is what was in memory before, and its chains hold', async () => {
  await using directory = await temporaryDirectory();
  let before;
  {
    await using running = await incidentsIn(directory.path);
    const { incidents } = running;
    await incidents.addFinding(findingOf({ severityHint: 'sev1', run: 'run_1' }));
    const id = incidents.list()[0]?.id ?? '';
    await incidents.transition(id, { to: 'open', actor: ana, reason: 'real' });
    await incidents.note(id, { actor: ana, text: 'looking' });
    await incidents.linkContainment(containmentOf());
    await incidents.linkOverride(overrideOf());
    before = incidents.list();
  }
  await using again = await incidentsIn(directory.path);
  expect(again.incidents.list()).toEqual(before);
  expect(await readIncidents(directory.path)).toEqual({
    incidents: before,
    problems: [],
    watched: { fingerprints: 0, findings: 0 },
  });
  expect(again.logged).toEqual([]);
});

test('a half-written last line is cut off, and writing goes on behind it', async () => {
  await using directory = await temporaryDirectory();
  const path = join(directory.path, 'incidents.jsonl');
  {
    await using running = await incidentsIn(directory.path);
    await running.incidents.addFinding(findingOf({ severityHint: 'sev1' }));
  }
  await appendFile(path, '{"seq":1,"incident":"inc');
  expect((await readIncidents(directory.path)).problems).toEqual([]);
  await using running = await incidentsIn(directory.path);
  expect(running.logged).toEqual(['warn incidents.jsonl: a half-written last line was cut off']);
  await running.incidents.addFinding(findingOf({ severityHint: 'sev1' }));
  await running.incidents.flush();
  const report = await readIncidents(directory.path);
  expect(report).toMatchObject({ problems: [], incidents: [{ count: 2 }] });
});

test('a changed, a removed and a moved event are all found', async () => {
  await using directory = await temporaryDirectory();
  const path = join(directory.path, 'incidents.jsonl');
  {
    await using running = await incidentsIn(directory.path);
    const { incidents } = running;
    await incidents.addFinding(findingOf({ severityHint: 'sev1' }));
    await incidents.addFinding(findingOf({ severityHint: 'sev1' }));
    await incidents.addFinding(findingOf({ severityHint: 'sev1' }));
    await incidents.addFinding(findingOf({ severityHint: 'sev1', agent: 'sales' }));
  }
  const lines = (await readFile(path, 'utf8')).trimEnd().split('\n');
  const sales = (JSON.parse(lines[3] ?? '') as IncidentLogLine).incident;
  const moved = JSON.stringify({ ...(JSON.parse(lines[1] ?? '') as object), incident: sales });
  const cases: readonly (readonly [readonly (string | undefined)[], number, RegExp])[] = [
    [[lines[0], lines[1]?.replace('sev1', 'sev4'), lines[2], lines[3]], 2, /was changed/],
    [[lines[0], lines[2], lines[3]], 2, /expected event 1, found 2/],
    [[lines[0], lines[3], moved], 3, /prevHash/],
    [[lines[0], 'nonsense', lines[1]], 2, /not JSON/],
  ];
  for (const [changed, line, problem] of cases) {
    await writeFile(path, `${changed.join('\n')}\n`);
    const { problems } = await readIncidents(directory.path);
    expect(problems[0]).toMatchObject({ line, message: expect.stringMatching(problem) as unknown });
  }
});

import { Incident, type Finding } from '@aftertrace/schema';
import { expect, test } from 'vitest';

import { ana, containmentOf, findingOf, overrideOf } from './testing/findings.ts';
import { incidentsIn, temporaryDirectory } from './testing/incidents-in.ts';
import { writtenRunOf } from './testing/written-run.ts';

const MINUTE = 60_000;

function minutes(after: number): string {
  return new Date(Date.parse('2026-11-22T10:00:00.000Z') + after * MINUTE).toISOString();
}

test('the third failure within ten minutes opens one incident that holds all three', async () => {
  await using directory = await temporaryDirectory();
  await using running = await incidentsIn(directory.path);
  const { incidents } = running;
  expect(await incidents.addFinding(findingOf({ at: minutes(0) }))).toEqual({
    status: 'watched',
    seen: 1,
  });
  expect(await incidents.addFinding(findingOf({ at: minutes(4) }))).toEqual({
    status: 'watched',
    seen: 2,
  });
  expect(await incidents.addFinding(findingOf({ at: minutes(9) }))).toMatchObject({
    status: 'opened',
    rule: 'repeated',
  });
  expect(await incidents.addFinding(findingOf({ at: minutes(30) }))).toMatchObject({
    status: 'counted',
    reopened: false,
  });
  const [incident, ...others] = incidents.list();
  expect(others).toEqual([]);
  expect(incident).toMatchObject({
    state: 'triage',
    count: 4,
    severity: 'sev3',
    title: 'refund failed: timeout [support]',
    firstSeen: minutes(0),
    lastSeen: minutes(30),
    detectedBy: { detector: 'aftertrace.exporter', version: '1', rule: 'json.success_false' },
  });
  expect(Incident.parse(incident)).toEqual(incident);
});

test('three failures spread over half an hour open nothing', async () => {
  await using directory = await temporaryDirectory();
  await using running = await incidentsIn(directory.path);
  for (const at of [0, 11, 22]) {
    expect(await running.incidents.addFinding(findingOf({ at: minutes(at) }))).toMatchObject({
      status: 'watched',
    });
  }
  expect(running.incidents.list()).toEqual([]);
});

test('the order in which failures arrive does not matter, only when they happened', async () => {
  await using directory = await temporaryDirectory();
  await using running = await incidentsIn(directory.path);
  const results = [];
  for (const at of [22, 0, 5, 9]) {
    results.push((await running.incidents.addFinding(findingOf({ at: minutes(at) }))).status);
  }
  expect(results).toEqual(['watched', 'watched', 'watched', 'opened']);
});

test.each([
  ['a severe failure', { severityHint: 'sev1' }, 'severe'],
  ['a refused call', { kind: 'decision', rule: 'no-big-refunds' }, 'refused'],
  ['a loop', { kind: 'loop', severityHint: 'sev4' }, 'standing'],
] as const)('%s opens an incident at once', async (_, changes, rule) => {
  await using directory = await temporaryDirectory();
  await using running = await incidentsIn(directory.path);
  expect(await running.incidents.addFinding(findingOf(changes))).toMatchObject({
    status: 'opened',
    rule,
  });
});

test('an override never opens an incident, and is linked to the one of its run', async () => {
  await using directory = await temporaryDirectory();
  await using running = await incidentsIn(directory.path);
  const { incidents } = running;
  const override = findingOf({ kind: 'override', severityHint: 'sev1', run: 'run_1' });
  expect(await incidents.addFinding(override)).toEqual({ status: 'not_counted' });
  await incidents.linkOverride(overrideOf({ outcome: { status: 'pending' } }));
  await incidents.addFinding(findingOf({ severityHint: 'sev1', run: 'run_1' }));
  const [incident] = incidents.list();
  expect(incident?.overrides).toEqual(['ovr_1']);
  expect(await incidents.addFinding({ ...override, id: 'other' })).toEqual({
    status: 'not_counted',
    incident: incident?.id,
  });
  await incidents.linkOverride(overrideOf());
  await incidents.linkOverride(overrideOf());
  const links = incidents.list()[0]?.events.filter(({ type }) => type === 'override_linked');
  expect(links?.map(({ data }) => data['status'])).toEqual(['pending', 'not_executed']);
});

test('a finding counts once by its id, also after a restart and while it is only watched', async () => {
  await using directory = await temporaryDirectory();
  const first = findingOf();
  const second = findingOf();
  const third = findingOf();
  {
    await using running = await incidentsIn(directory.path);
    await running.incidents.addFinding(first);
    expect(await running.incidents.addFinding(first)).toEqual({ status: 'duplicate' });
    await running.incidents.addFinding(second);
  }
  {
    await using running = await incidentsIn(directory.path);
    expect(await running.incidents.addFinding(second)).toEqual({ status: 'duplicate' });
    expect(await running.incidents.addFinding(third)).toMatchObject({ status: 'opened' });
  }
  await using running = await incidentsIn(directory.path);
  for (const finding of [first, second, third]) {
    expect((await running.incidents.addFinding(finding)).status).toBe('duplicate');
  }
  expect(running.incidents.list()).toMatchObject([{ count: 3 }]);
});

test('other agents and other environments have incidents of their own', async () => {
  await using directory = await temporaryDirectory();
  await using running = await incidentsIn(directory.path);
  const severe = { severityHint: 'sev1' } as const;
  await running.incidents.addFinding(findingOf(severe));
  await running.incidents.addFinding(findingOf({ ...severe, agent: 'sales' }));
  await running.incidents.addFinding(findingOf({ ...severe, environment: 'production' }));
  expect(running.incidents.list()).toHaveLength(3);
});

test('a worse finding raises the severity, and says so in the log', async () => {
  await using directory = await temporaryDirectory();
  await using running = await incidentsIn(directory.path);
  await running.incidents.addFinding(findingOf({ severityHint: 'sev2' }));
  await running.incidents.addFinding(findingOf({ severityHint: 'sev1' }));
  const [incident] = running.incidents.list();
  expect(incident?.severity).toBe('sev1');
  expect(incident?.events.map(({ type }) => type)).toEqual([
    'opened',
    'finding',
    'severity_changed',
  ]);
});

test('a failure that comes again after its incident was resolved reopens it; a late report of an old one does not', async () => {
  await using directory = await temporaryDirectory();
  await using running = await incidentsIn(directory.path);
  const { incidents, clock } = running;
  await incidents.addFinding(findingOf({ severityHint: 'sev1' }));
  const id = incidents.list()[0]?.id ?? '';
  clock.advance(MINUTE);
  for (const to of ['open', 'resolved'] as const) {
    expect(await incidents.transition(id, { to, actor: ana, reason: 'why' })).toMatchObject({
      ok: true,
    });
  }
  await incidents.addFinding(findingOf({ at: minutes(0.5) }));
  expect(incidents.get(id)?.state).toBe('resolved');
  expect(await incidents.addFinding(findingOf({ at: minutes(5) }))).toMatchObject({
    status: 'counted',
    reopened: true,
  });
  expect(incidents.get(id)).toMatchObject({ state: 'open', count: 3 });
});

test('an incident closed long ago stays closed, and the failure gets a new one by the usual rules', async () => {
  await using directory = await temporaryDirectory();
  await using running = await incidentsIn(directory.path);
  const { incidents } = running;
  await incidents.addFinding(findingOf({ severityHint: 'sev1' }));
  const id = incidents.list()[0]?.id ?? '';
  const signOff = { by: 'ben@example.com', actions: 'verified' } as const;
  for (const to of ['open', 'resolved', 'review', 'closed'] as const) {
    await incidents.transition(id, { to, actor: ana, reason: 'why', signOff });
  }
  const late = { at: '2027-03-01T00:00:00.000Z' };
  expect(await incidents.addFinding(findingOf(late))).toMatchObject({ status: 'watched' });
  expect(await incidents.addFinding(findingOf({ ...late, severityHint: 'sev1' }))).toMatchObject({
    status: 'opened',
  });
  expect(incidents.get(id)?.state).toBe('closed');
});

test('a dismissed incident swallows its fingerprint for a week, not for ever', async () => {
  await using directory = await temporaryDirectory();
  await using running = await incidentsIn(directory.path);
  const { incidents } = running;
  const severe = { severityHint: 'sev1' } as const;
  await incidents.addFinding(findingOf(severe));
  const id = incidents.list()[0]?.id ?? '';
  await incidents.transition(id, { to: 'dismissed', actor: ana, reason: 'a load test' });
  expect(await incidents.addFinding(findingOf({ ...severe, at: minutes(60) }))).toEqual({
    status: 'counted',
    incident: id,
    reopened: false,
  });
  const later = findingOf({ ...severe, at: '2026-12-10T00:00:00.000Z' });
  expect(await incidents.addFinding(later)).toMatchObject({ status: 'opened' });
});

test('findings of a merged incident go to the one that goes on', async () => {
  await using directory = await temporaryDirectory();
  await using running = await incidentsIn(directory.path);
  const { incidents } = running;
  const severe = { severityHint: 'sev1' } as const;
  await incidents.addFinding(findingOf(severe));
  const from = incidents.list()[0]?.id ?? '';
  await incidents.addFinding(findingOf({ ...severe, agent: 'sales' }));
  const into = incidents.list({ agent: 'sales' })[0]?.id ?? '';
  const merge = { to: 'merged', actor: ana, reason: 'the same outage' } as const;
  expect(await incidents.transition(from, { ...merge, mergedInto: from })).toMatchObject({
    ok: false,
    code: 'merge_target_required',
  });
  expect(await incidents.transition(from, { ...merge, mergedInto: into })).toMatchObject({
    ok: true,
    incident: { state: 'merged', duplicateOf: into },
  });
  expect(await incidents.addFinding(findingOf(severe))).toMatchObject({ incident: into });
});

test('a run is linked whether its line comes before or after its findings, and again at a new revision', async () => {
  await using directory = await temporaryDirectory();
  await using running = await incidentsIn(directory.path);
  const { incidents } = running;
  await incidents.linkRun(writtenRunOf({ run: 'run_1', conversation: 'conv_1' }));
  await incidents.linkRun(writtenRunOf({ run: 'run_of_others' }));
  await incidents.addFinding(findingOf({ severityHint: 'sev1', run: 'run_1' }));
  await incidents.addFinding(findingOf({ severityHint: 'sev1', run: 'run_2' }));
  await incidents.linkRun(writtenRunOf({ run: 'run_2' }));
  await incidents.linkRun(writtenRunOf({ run: 'run_2' }));
  await incidents.linkRun(writtenRunOf({ run: 'run_2', revision: 2 }));
  const [incident] = incidents.list();
  expect(incident).toMatchObject({
    runs: ['run_1', 'run_2'],
    trajectories: ['traj_run_1', 'traj_run_2'],
    conversations: ['conv_1'],
  });
  expect(incident?.events.filter(({ type }) => type === 'run_linked')).toHaveLength(3);
});

test('a containment of the tool is linked, renewed when it takes effect, and its refusals open nothing', async () => {
  await using directory = await temporaryDirectory();
  await using running = await incidentsIn(directory.path);
  const { incidents } = running;
  await incidents.addFinding(findingOf({ severityHint: 'sev1' }));
  await incidents.linkContainment(
    containmentOf({ id: 'elsewhere', scope: { tool: 'send_email' } }),
  );
  await incidents.linkContainment(containmentOf({ id: 'drill', drill: true }));
  await incidents.linkContainment(containmentOf());
  await incidents.linkContainment(containmentOf());
  const effect = { instance: 'i-1', at: '2026-11-22T10:01:00.100Z', aborted: 0 };
  await incidents.linkContainment(containmentOf({ effective: [effect] }));
  const [incident] = incidents.list();
  expect(incident?.containments).toEqual(['cnt_1']);
  const links = incident?.events.filter(({ type }) => type === 'containment_linked');
  expect(links?.map(({ data }) => data['status'])).toEqual([
    'requested',
    'effective in 1, unreachable 0',
  ]);
  const refused: Partial<Finding> = {
    kind: 'decision',
    rule: 'containment',
    severityHint: 'sev2',
    fingerprintParts: ['decision', 'support', 'refund', 'containment'],
  };
  expect(await incidents.addFinding(findingOf(refused))).toEqual({
    status: 'not_counted',
    incident: incident?.id,
  });
  for (const other of [{ agent: 'sales' }, { tool: 'run_sql' }, { rule: 'big-refunds' }]) {
    expect(
      await incidents.addFinding(
        findingOf({ ...refused, fingerprintParts: [JSON.stringify(other)], ...other }),
      ),
    ).toMatchObject({ status: 'opened' });
  }
});

test('an incident is not called contained while no containment is linked, and hears what to do', async () => {
  await using directory = await temporaryDirectory();
  await using running = await incidentsIn(directory.path);
  const { incidents } = running;
  await incidents.addFinding(findingOf({ severityHint: 'sev1' }));
  const id = incidents.list()[0]?.id ?? '';
  await incidents.transition(id, { to: 'open', actor: ana, reason: 'real' });
  const contained = { to: 'contained', actor: ana, reason: 'stopped' } as const;
  await incidents.linkContainment(containmentOf({ id: 'drill', drill: true }));
  expect(await incidents.transition(id, contained)).toMatchObject({
    ok: false,
    code: 'containment_required',
    message: expect.stringMatching(/revoke its tool.*or resolve/) as unknown,
  });
  expect(incidents.get(id)?.state).toBe('open');
  await incidents.linkContainment(containmentOf());
  expect(await incidents.transition(id, contained)).toMatchObject({
    ok: true,
    incident: { state: 'contained' },
  });
});

test('awareAt is when a person first opened it, and stays', async () => {
  await using directory = await temporaryDirectory();
  await using running = await incidentsIn(directory.path);
  const { incidents, clock } = running;
  await incidents.addFinding(findingOf({ severityHint: 'sev1' }));
  const id = incidents.list()[0]?.id ?? '';
  expect(incidents.get(id)?.awareAt).toBeUndefined();
  clock.advance(3 * MINUTE);
  await incidents.transition(id, { to: 'open', actor: ana, reason: 'real' });
  clock.advance(MINUTE);
  for (const to of ['resolved', 'open'] as const) {
    await incidents.transition(id, { to, actor: ana, reason: 'again' });
  }
  expect(incidents.get(id)?.awareAt).toBe(minutes(3));
});

test('each event is told once it is on disk, with the incident', async () => {
  await using directory = await temporaryDirectory();
  const seen: string[] = [];
  await using running = await incidentsIn(directory.path, {
    onEvent: (event, current) => seen.push(`${event.seq} ${event.type} ${current().state}`),
  });
  await running.incidents.addFinding(findingOf({ severityHint: 'sev1' }));
  expect(seen).toEqual(['0 opened triage']);
});

test('before start and after shutdown the answer is an error that says what to do', async () => {
  await using directory = await temporaryDirectory();
  const running = await incidentsIn(directory.path);
  await running.incidents.shutdown();
  await running.incidents.shutdown();
  await expect(running.incidents.addFinding(findingOf())).rejects.toMatchObject({ code: 'closed' });
});

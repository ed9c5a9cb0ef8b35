import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { readIncidents } from '@aftertrace/incidents';
import { Review, type LedgerEntry, type LedgerEntryInput, type Override } from '@aftertrace/schema';
import { expect, test } from 'vitest';

import { reviewIncident } from './review-incident.ts';
import {
  ana,
  companion,
  dataDirectory,
  findingOf,
  withIncidents,
  writeAudit,
  writeRuns,
} from './testing/incident-in.ts';
import { minuteIso, runOf, timedOut } from './testing/runs.ts';

const now = Date.parse(minuteIso(60));
const trace = '0af7651916cd43dd8448eb211c80319c';
const hostile = 'refund|x](https://evil.example)<img src=x>\n# heading `code`';

const override: Override = {
  id: 'ovr_1',
  at: minuteIso(4),
  kind: 'approval',
  actor: ana,
  decision: 'reject',
  reason: `not this customer ${hostile}`,
  prior: { source: 'policy', decision: 'escalate', tool: 'refund', rule: 'big-refunds' },
  actionDigest: 'sha256:0',
  outcome: { status: 'pending' },
  agent: 'support',
  run: 'run_1',
};

function entry(minute: number, type: string, data: object): LedgerEntryInput {
  return { at: minuteIso(minute), actor: companion, type, data: { ...data } };
}

const evidence = { instance: 'i-1', agent: 'support', evidenceSeq: 1 };
const audit: readonly LedgerEntryInput[] = [
  entry(0.5, 'policy.published', {
    bundle: { name: 'shop', revision: 3, rules: [] },
    digest: 'sha256:0',
    reason: 'first rules',
  }),
  entry(1, 'decision', {
    ...evidence,
    decision: {
      id: 'dec_1',
      at: minuteIso(1),
      verdict: 'block',
      action: 'block',
      source: 'policy',
      rule: 'no-sql',
      rules: [],
      agent: 'support',
      tool: 'run_sql',
      run: 'run_1',
      traceId: trace,
      spanId: '00000000000000aa',
    },
  }),
  entry(1.5, 'decision', {
    ...evidence,
    decision: {
      id: 'dec_other',
      at: minuteIso(1.5),
      verdict: 'block',
      action: 'block',
      source: 'policy',
      rules: [],
      agent: 'support',
      tool: 'OTHER-RUN',
      run: 'run_of_others',
    },
  }),
  entry(2, 'containment.requested', {
    expected: ['i-1', 'i-2'],
    containment: {
      id: 'cnt_1',
      kind: 'revoke',
      scope: { agent: 'support', tool: hostile },
      mode: 'enforce',
      reason: 'it refunds twice',
      actor: ana,
      requestedAt: minuteIso(2),
      drill: false,
      inFlight: 'abort',
      effective: [],
      unreachable: [],
    },
  }),
  entry(2.1, 'containment.effective', {
    containment: 'cnt_1',
    effect: { instance: 'i-1', at: minuteIso(2.05), aborted: 1 },
  }),
  entry(2.2, 'containment.unreachable', { containment: 'cnt_1', instance: 'i-2' }),
  entry(4, 'override', { override }),
  entry(4.5, 'override.outcome', {
    override: 'ovr_1',
    status: 'expired',
    at: minuteIso(4.5),
    detail: 'Inferred by the companion, not reported: i-1 is gone.',
    inferred: true,
  }),
  entry(5, 'override.outcome', {
    ...evidence,
    override: 'ovr_1',
    status: 'not_executed',
    at: minuteIso(5),
  }),
  entry(6, 'containment.released', { containment: 'cnt_1', reason: 'fixed', by: ana }),
  entry(7, 'evidence.gap', { instance: 'i-1', agent: 'support', from: 4, to: 6, cause: 'missing' }),
];

async function story(dataDir: string): Promise<string> {
  await writeRuns(dataDir, [
    runOf({
      run: 'run_1',
      line: 1,
      calls: [{ tool: 'lookup' }, { tool: hostile, outcome: timedOut, spanId: '00000000000000f1' }],
    }),
    runOf({ run: 'run_of_others', line: 2 }),
    runOf({ run: 'run_2', outcome: 'success', minute: 3, content: 'none' }),
  ]);
  await writeAudit(dataDir, audit);
  await withIncidents(dataDir, 1, async (incidents) => {
    const seen = { traceId: trace, spanId: '00000000000000f1' };
    const about = { tool: hostile, evidence: [seen] };
    await incidents.addFinding(findingOf({ id: 'f1', run: 'run_1', ...about }));
    await incidents.addFinding(findingOf({ id: 'f2', run: 'run_2', ...about, evidence: [] }));
    await incidents.addFinding(findingOf({ id: 'f3', run: 'run_3', ...about, evidence: [] }));
  });
  const { incidents } = await readIncidents(dataDir);
  const id = incidents[0]?.id ?? '';
  await withIncidents(dataDir, 8, async (running) => {
    await running.transition(id, { to: 'open', actor: ana, reason: 'real' });
    await running.note(id, { actor: ana, text: `looking at ${hostile}` });
  });
  return id;
}

async function reviewOf(dataDir: string, incidentId: string) {
  const result = await reviewIncident({ dataDir, incidentId, now });
  if (!result.ok) throw new Error(result.message);
  return result;
}

test('a review tells what happened in order, each row with its evidence', async () => {
  await using directory = await dataDirectory();
  const id = await story(directory.path);
  const { review } = await reviewOf(directory.path, id);
  expect(Review.parse(review)).toEqual(review);
  const rows = review.timeline.map(({ at, source, text }) => [at, source, text]);
  const sources = rows.map(([, source]) => source);
  const times = review.timeline.map(({ at }) => Date.parse(at));
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  expect(new Set(sources)).toEqual(
    new Set(['run', 'span', 'decision', 'override', 'containment', 'incident', 'policy']),
  );
  const found = (text: RegExp) => review.timeline.find((row) => text.test(row.text));
  expect(found(/failed: timeout/)).toMatchObject({
    kind: 'fact',
    evidence: [
      {
        trajectoryId: 'traj_run_1',
        file: 'trajectories/failure/2026-11-22.jsonl',
        line: 1,
        stepId: 3,
        traceId: trace,
        spanId: '00000000000000f1',
      },
    ],
  });
  expect(found(/run_sql: block, by policy rule no-sql/)).toMatchObject({
    evidence: [{ ledgerSeq: 1, traceId: trace }],
  });
  expect(found(/revoke of agent support, tool refund/)).toBeDefined();
  expect(found(/cnt_1 in force in i-1, 1 calls aborted/)?.at).toBe(minuteIso(2.05));
  expect(found(/cnt_1 not confirmed by i-2/)).toBeDefined();
  expect(found(/cnt_1 released: fixed/)?.actor).toBe('ana@example.com');
  expect(found(/approval: reject on refund/)?.actor).toBe('ana@example.com');
  expect(found(/outcome of ovr_1: not_executed/)?.kind).toBe('fact');
  expect(found(/outcome of ovr_1: expired .*i-1 is gone/)?.kind).toBe('inference');
  expect(found(/policy shop published as revision 3/)).toBeDefined();
  expect(found(/incident opened/)?.kind).toBe('inference');
  expect(found(/incident triage to open: real/)).toBeDefined();
  expect(JSON.stringify(review)).not.toMatch(/OTHER-RUN|run_of_others|SECRET-CONTENT/);
});

test('its parts say what is known: impact, detection, response, steps, gaps', async () => {
  await using directory = await dataDirectory();
  const id = await story(directory.path);
  const { review } = await reviewOf(directory.path, id);
  expect(review).toMatchObject({
    incident: id,
    incidentState: 'open',
    status: 'draft',
    agent: { name: 'support', versions: ['1.4.2'], models: ['small-1'] },
    impact: { findings: 3, runs: 3, failedRuns: 1 },
    detection: { failuresWithCleanSpan: 1, delayMillis: 60_000 },
    firstFailingStep: { trajectoryId: 'traj_run_1', stepId: 3 },
    lastGoodStep: { trajectoryId: 'traj_run_1', stepId: 2 },
    containments: [
      {
        id: 'cnt_1',
        effective: [{ instance: 'i-1' }],
        unreachable: ['i-2'],
        released: { reason: 'fixed' },
      },
    ],
    overrides: [{ id: 'ovr_1', outcome: { status: 'not_executed' } }],
    awareAt: minuteIso(8),
    reproducibility: { replayableRuns: 1, runs: 2 },
  });
  expect(review.correctiveActions.length).toBeGreaterThan(2);
  expect(review.correctiveActions.every(({ generated }) => generated === true)).toBe(true);
  expect(review.gaps).toEqual([
    '1 run has no trajectory line (not ended, or not kept).',
    '1 of 2 recorded runs hold no messages, arguments or results.',
    'Evidence 4 to 6 of i-1 is missing.',
  ]);
});

test('the Markdown has all fifteen parts, links lines, and nothing hostile is live in it', async () => {
  await using directory = await dataDirectory();
  const id = await story(directory.path);
  const { markdown } = await reviewOf(directory.path, id);
  const headings = markdown.split('\n').filter((line) => line.startsWith('#'));
  expect(headings).toEqual([
    expect.stringMatching(/^# Review: refund\\\|x/),
    '## 1. Header',
    '## 2. Summary',
    '## 3. Impact',
    '## 4. Detection',
    '## 5. Timeline',
    '## 6. What the agent saw and did',
    '## 7. Contributing factors',
    '## 8. Response',
    '### Containments',
    '### Overrides and approvals',
    '## 9. What went well, what went wrong, where we were lucky',
    '## 10. Corrective actions',
    '## 11. Regression assets',
    '## 12. Reproducibility',
    '## 13. Similar incidents',
    '## 14. Communication and reporting clocks',
    '## 15. Sign-off',
    '## What was not recorded',
  ]);
  expect(markdown).toContain('](trajectories/failure/2026-11-22.jsonl#L1)');
  expect(markdown).toContain('span `00000000000000f1`');
  expect(markdown).not.toMatch(/<img|https:\/\/|(?<!\\)\]\(https|SECRET-CONTENT/);
  const rows = markdown.split('\n').filter((line) => line.startsWith('| 2026'));
  expect(rows.length).toBeGreaterThan(10);
  for (const row of rows) expect(row.match(/(?<!\\)\|/g)).toHaveLength(6);
});

test('an incident with no run and no audit log still has every part, and says what is missing', async () => {
  await using directory = await dataDirectory();
  await withIncidents(directory.path, 1, async (incidents) => {
    await incidents.addFinding(findingOf({ id: 'f1', run: 'run_1' }));
  });
  const [incident] = (await readIncidents(directory.path)).incidents;
  const { review, markdown } = await reviewOf(directory.path, incident?.id ?? '');
  expect(Review.parse(review)).toEqual(review);
  expect(markdown.match(/^## \d+\. /gm)).toHaveLength(15);
  expect(review.gaps).toContain('There is no audit log.');
  expect(review.timeline.map(({ text }) => text)).toEqual([
    'finding tool_failure: refund, timeout, json.success_false',
    'incident opened (rule severe)',
  ]);
  expect(markdown.match(/No data: /g)?.length).toBeGreaterThan(6);
});

test('an audit log that was changed is used and told; one that is being written to is not held against anyone', async () => {
  await using directory = await dataDirectory();
  const id = await story(directory.path);
  const path = join(directory.path, 'audit.jsonl');
  await appendFile(path, '{"seq":10,"at":"2026');
  expect((await reviewOf(directory.path, id)).review.gaps).toHaveLength(3);
  const text = await readFile(path, 'utf8');
  await writeFile(path, text.replace('it refunds twice', 'it was a drill'));
  const { gaps } = (await reviewOf(directory.path, id)).review;
  expect(gaps[0]).toMatch(/^The audit log does not verify \(\d+ problems; the first in line 4: /);
});

test('entries are opened one after the other: a log of a year has more of them than there are open files', async () => {
  await using directory = await dataDirectory();
  const incidentId = await story(directory.path);
  let [open, most, opened] = [0, 0, 0];
  const openEntry = async (one: LedgerEntry): Promise<LedgerEntry> => {
    most = Math.max(most, (open += 1));
    await new Promise(setImmediate);
    [open, opened] = [open - 1, opened + 1];
    return one;
  };
  expect(
    await reviewIncident({ dataDir: directory.path, incidentId, now, openEntry }),
  ).toMatchObject({
    ok: true,
  });
  expect([most, opened]).toEqual([1, audit.length]);
});

test('an unknown incident is a value with a message', async () => {
  await using directory = await dataDirectory();
  expect(await reviewIncident({ dataDir: directory.path, incidentId: 'inc_\n', now })).toEqual({
    ok: false,
    code: 'not_found',
    message: 'no incident "inc_\\n" in this data directory; there are none',
  });
});

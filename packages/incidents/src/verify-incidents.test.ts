import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { IncidentLogLine } from '@aftertrace/schema';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { sealEvent, type ChainHead } from './event-chain.ts';
import { ana } from './testing/findings.ts';
import { temporaryDirectory } from './testing/incidents-in.ts';
import { verifyIncidents, type IncidentAnchor } from './verify-incidents.ts';

const INCIDENTS = ['inc_a', 'inc_b', 'inc_c'] as const;
const EVENTS = 6;

/** Events of three incidents, one after the other in turn; the text is what a forger changes. */
function written(text = 'looking'): readonly IncidentLogLine[] {
  const heads = new Map<string, ChainHead>();
  return Array.from({ length: EVENTS * INCIDENTS.length }, (_, n) => {
    const incident = INCIDENTS[n % INCIDENTS.length] ?? '';
    const type = n < INCIDENTS.length ? ('opened' as const) : ('note' as const);
    const at = new Date(1_700_000_000_000 + n * 1000).toISOString();
    const event = { incident, at, actor: ana, type, data: { text: `${text} ${n}` } };
    const line = sealEvent(event, heads.get(incident));
    heads.set(incident, line);
    return line;
  });
}

/** Every second event is sealed, and the last one of each incident. */
function anchorsOf(lines: readonly IncidentLogLine[]): readonly IncidentAnchor[] {
  return lines
    .filter(({ seq }) => seq % 2 === 0 || seq === EVENTS - 1)
    .map(({ incident, seq, hash }) => ({ incident, seq, hash }));
}

async function verify(
  lines: readonly unknown[],
  anchors: readonly IncidentAnchor[] = anchorsOf(written()),
) {
  await using directory = await temporaryDirectory();
  const path = join(directory.path, 'incidents.jsonl');
  await writeFile(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  return verifyIncidents(path, anchors);
}

test('incidents that are as they were sealed have no problems', async () => {
  expect(await verify(written())).toEqual([]);
});

test('a file of incidents that is gone is missed, and one that never was is not', async () => {
  await using directory = await temporaryDirectory();
  const path = join(directory.path, 'incidents.jsonl');
  expect(await verifyIncidents(path, [])).toEqual([]);
  const problems = await verifyIncidents(path, anchorsOf(written()));
  expect(problems.map(({ incident, kind }) => [incident, kind])).toEqual(
    INCIDENTS.map((incident) => [incident, 'missing']),
  );
});

const place = fc.nat(written().length - 1);
const one = fc.constantFrom(...INCIDENTS);

test('every change of a field is found, and its incident is named', async () => {
  await fc.assert(
    fc.asyncProperty(
      place,
      fc.constantFrom('at', 'data', 'seq', 'hash', 'prevHash'),
      async (n, field) => {
        const lines: Record<string, unknown>[] = written().map((line) => ({ ...line }));
        const line = lines[n];
        if (line === undefined) return;
        line[field] = {
          at: '2020-01-01T00:00:00.000Z',
          data: { text: 'nothing to see' },
          seq: Number(line['seq']) + 1,
          hash: 'f'.repeat(64),
          prevHash: 'e'.repeat(64),
        }[field];
        const problems = await verify(lines);
        expect(problems).toContainEqual(
          expect.objectContaining({ incident: line['incident'], kind: 'altered' }),
        );
      },
    ),
    { numRuns: 300 },
  );
});

test('every event that is taken out is found, at the end of an incident too', async () => {
  for (const [n, { incident, seq }] of written().entries()) {
    const problems = await verify(written().toSpliced(n, 1));
    const kind = seq === EVENTS - 1 ? 'cut' : 'altered';
    expect(problems).toContainEqual(expect.objectContaining({ incident, kind }));
  }
});

test('an incident that is cut anywhere, or taken out as a whole, is named', async () => {
  await fc.assert(
    fc.asyncProperty(one, fc.nat(EVENTS - 1), async (incident, keep) => {
      const lines = written().filter((line) => line.incident !== incident || line.seq < keep);
      const problems = await verify(lines);
      expect(problems).toEqual([
        expect.objectContaining({ incident, kind: keep === 0 ? 'missing' : 'cut' }),
      ]);
    }),
  );
});

test('an incident that was written anew, with a chain that holds, is named', async () => {
  const forged = written('all is well');
  for (const incident of INCIDENTS) {
    const lines = written().map((line, n) => (line.incident === incident ? forged[n] : line));
    const problems = await verify(lines);
    expect(new Set(problems.map((problem) => problem.incident))).toEqual(new Set([incident]));
    expect(problems[0]).toMatchObject({
      kind: 'altered',
      message: expect.stringMatching(/anew/) as unknown,
    });
  }
});

test('two events that changed places are found', async () => {
  await fc.assert(
    fc.asyncProperty(one, fc.nat(EVENTS - 1), fc.nat(EVENTS - 1), async (incident, a, b) => {
      fc.pre(a !== b);
      const lines = [...written()];
      const at = (seq: number): number =>
        lines.findIndex((line) => line.incident === incident && line.seq === seq);
      const [first, second] = [at(a), at(b)];
      [lines[first], lines[second]] = [
        lines[second] as IncidentLogLine,
        lines[first] as IncidentLogLine,
      ];
      expect(await verify(lines)).toContainEqual(expect.objectContaining({ incident }));
    }),
  );
});

test('what is no event is told by its line', async () => {
  const lines: unknown[] = [...written()];
  lines.splice(4, 0, { nonsense: true });
  expect(await verify(lines)).toMatchObject([{ line: 5, kind: 'bad_line' }]);
});

test('an incident that is gone is missed however often it was sealed', async () => {
  const anchors = Array.from({ length: 300_000 }, (_, seq) => ({
    incident: 'inc_a',
    seq,
    hash: 'h',
  }));
  expect(await verify([], anchors)).toMatchObject([
    { kind: 'missing', message: expect.stringContaining('event 299999') as unknown },
  ]);
});

import { Incident, type IncidentLogLine, type IncidentState } from '@aftertrace/schema';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { chainProblem, sealEvent, type ChainHead } from './event-chain.ts';
import { foldIncident } from './fold.ts';
import { MACHINE } from './machine.ts';
import type { NewEvent } from './store.ts';
import { ana, findingOf } from './testing/findings.ts';
import { allowedTransitions } from './transitions.ts';

/** What may happen to an incident, one step; `pick` chooses among the moves that are allowed. */
const step = fc.oneof(
  fc.record({ kind: fc.constant('finding' as const), id: fc.nat(8), minute: fc.nat(59) }),
  fc.record({ kind: fc.constant('move' as const), pick: fc.nat(3) }),
  fc.record({ kind: fc.constant('run' as const), id: fc.nat(3), revision: fc.nat(3) }),
  fc.record({ kind: fc.constant('note' as const), text: fc.string() }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function findingAt(id: number, minute: number) {
  const at = `2026-11-22T10:${String(minute).padStart(2, '0')}:00.000Z`;
  return findingOf({ id: `fnd_p${id}`, at, run: `run_${id}` });
}

function eventOf(one: Step, state: IncidentState): NewEvent | undefined {
  switch (one.kind) {
    case 'finding':
      return { type: 'finding', actor: MACHINE, data: { finding: findingAt(one.id, one.minute) } };
    case 'move': {
      const options = allowedTransitions[state];
      const to = options[one.pick % Math.max(1, options.length)];
      if (to === undefined) return undefined;
      return { type: 'transition', actor: ana, from: state, to, reason: 'r', data: {} };
    }
    case 'run':
      return {
        type: 'run_linked',
        actor: MACHINE,
        data: {
          run: `run_${one.id}`,
          trajectory: `traj_${one.id}`,
          revision: one.revision + 1,
          file: 'f',
          line: 1,
          outcome: 'failure',
        },
      };
    case 'note':
      return { type: 'note', actor: ana, data: { text: one.text } };
  }
}

/** A log that could have been written: an `opened` event and then whatever the steps say. */
function logOf(steps: readonly Step[]): IncidentLogLine[] {
  const lines: IncidentLogLine[] = [];
  let head: ChainHead | undefined;
  let state: IncidentState = 'triage';
  const add = (event: NewEvent): void => {
    const at = new Date(Date.parse('2026-11-22T11:00:00Z') + lines.length).toISOString();
    const line = sealEvent({ ...event, data: { ...event.data }, at, incident: 'inc_1' }, head);
    head = line;
    state = line.to ?? state;
    lines.push(line);
  };
  const finding = findingAt(0, 30);
  const data = { fingerprint: 'sha256:f', title: 't', rule: 'severe', finding };
  add({ type: 'opened', actor: MACHINE, to: 'triage', data });
  for (const one of steps) {
    const event = eventOf(one, state);
    if (event !== undefined) add(event);
  }
  return lines;
}

test('any log that could have been written folds to a valid incident with as many findings as there are ids', () => {
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const lines = logOf(steps);
      const incident = Incident.parse(foldIncident(lines));
      const found = steps.filter((one) => one.kind === 'finding');
      const times = [
        30,
        ...found.filter((one, index) => isFirst(found, one.id, index)).map((one) => one.minute),
      ];
      expect(incident.count).toBe(new Set([0, ...found.map(({ id }) => id)]).size);
      expect(incident.state).toBe(lines.findLast(({ to }) => to !== undefined)?.to);
      expect(incident.firstSeen).toContain(`:${String(Math.min(...times)).padStart(2, '0')}:00.`);
      expect(incident.lastSeen).toContain(`:${String(Math.max(...times)).padStart(2, '0')}:00.`);
      expect(incident.events).toHaveLength(lines.length);
    }),
  );
});

function isFirst(found: readonly { readonly id: number }[], id: number, index: number): boolean {
  return id !== 0 && found.findIndex((one) => one.id === id) === index;
}

test('findings and links may come in any order: all but the list of events is the same', () => {
  const unordered = step.filter(({ kind }) => kind === 'finding' || kind === 'run');
  const steps = fc.uniqueArray(unordered, {
    selector: (one) => (one.kind === 'move' || one.kind === 'note' ? '' : `${one.kind} ${one.id}`),
  });
  const bothOrders = steps.chain((given) =>
    fc.tuple(fc.constant(given), fc.shuffledSubarray(given, { minLength: given.length })),
  );
  fc.assert(
    fc.property(bothOrders, ([given, shuffled]) => {
      expect(contentOf(shuffled)).toEqual(contentOf(given));
    }),
  );
});

function contentOf(steps: readonly Step[]) {
  const incident = foldIncident(logOf(steps));
  return {
    ...incident,
    events: undefined,
    runs: incident?.runs.toSorted(),
    trajectories: incident?.trajectories.toSorted(),
  };
}

test('a replay of findings that were counted changes nothing but the list of events', () => {
  const findings = fc.array(step.filter(({ kind }) => kind === 'finding'));
  fc.assert(
    fc.property(findings, (given) => {
      const once = foldIncident(logOf(given));
      const twice = foldIncident(logOf([...given, ...given]));
      expect({ ...twice, events: [] }).toEqual({ ...once, events: [] });
    }),
  );
});

test('every chain holds, and breaks wherever an event is changed', () => {
  fc.assert(
    fc.property(fc.array(step), fc.nat(), (steps, pick) => {
      const lines = logOf(steps);
      const at = pick % lines.length;
      const heads = [undefined, ...lines];
      expect(lines.map((line, index) => chainProblem(line, heads[index]))).toEqual(
        lines.map(() => undefined),
      );
      const changed = { ...lines[at], reason: 'another' } as IncidentLogLine;
      expect(chainProblem(changed, heads[at])).toMatch(/was changed/);
    }),
  );
});

test('a log that does not begin with a whole opened event is no incident', () => {
  const [opened] = logOf([]);
  expect(foldIncident([])).toBeUndefined();
  expect(foldIncident([{ ...opened, data: {} } as IncidentLogLine])).toBeUndefined();
  expect(foldIncident([{ ...opened, type: 'note' } as IncidentLogLine])).toBeUndefined();
});

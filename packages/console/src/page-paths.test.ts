import { assert, property, string } from 'fast-check';
import { expect, test } from 'vitest';

import {
  incidentPath,
  incidentsPath,
  parsePagePath,
  tracePath,
  trajectoryPath,
} from './page-paths.ts';

const TRACE = 'a1'.repeat(16);

test.each([
  ['/trajectories/traj_1', { kind: 'trajectory', id: 'traj_1', isWhole: false }],
  ['/trajectories/traj_1?full=1', { kind: 'trajectory', id: 'traj_1', isWhole: true }],
  ['/incidents/inc_1', { kind: 'incident', id: 'inc_1', isWhole: false }],
  [`/trajectories?trace=${TRACE}`, { kind: 'trace', traceId: TRACE, isWhole: false }],
  [`/trajectories?trace=${TRACE.toUpperCase()}`, { kind: 'trace', traceId: TRACE, isWhole: false }],
  [
    `/trajectories?trace=${'b'.repeat(30)}`,
    { kind: 'trace', traceId: `00${'b'.repeat(30)}`, isWhole: false },
  ],
  ['/trajectories', { kind: 'nothing' }],
  ['/trajectories?trace=1', { kind: 'nothing' }],
  ['/trajectories/a/b', { kind: 'nothing' }],
  ['/trajectories/%zz', { kind: 'nothing' }],
  [`/trajectories/${'x'.repeat(1001)}`, { kind: 'nothing' }],
  ['/incidents', { kind: 'incidents', isWhole: false }],
  ['/incidents?agent=&tool=', { kind: 'incidents', isWhole: false }],
  ['/incidents/?full=1', { kind: 'incidents', isWhole: true }],
  ['/incidents?agent=a&tool=b', { kind: 'incidents', isWhole: false, agent: 'a', tool: 'b' }],
  ['/incidents/v1', undefined],
  ['/incidents/v1/inc_1', undefined],
  ['/trajectories.json', undefined],
  ['/', undefined],
  ['//', undefined],
])('%s asks for %j', (target, wanted) => {
  expect(parsePagePath(target)).toEqual(wanted);
});

test('the address of a page leads to it, whatever the id', () => {
  const id = string({ minLength: 1, maxLength: 40, unit: 'grapheme' }).filter(
    (text) => !['.', '..', 'v1'].includes(text),
  );
  assert(
    property(id, (id) => {
      expect(parsePagePath(trajectoryPath(id))).toEqual({ kind: 'trajectory', id, isWhole: false });
      expect(parsePagePath(incidentPath(id))).toEqual({ kind: 'incident', id, isWhole: false });
    }),
  );
  expect(parsePagePath(tracePath(TRACE))).toEqual({
    kind: 'trace',
    traceId: TRACE,
    isWhole: false,
  });
  const filter = { agent: 'a & b', tool: '=?#' };
  expect(parsePagePath(incidentsPath(filter, true))).toEqual({
    kind: 'incidents',
    isWhole: true,
    ...filter,
  });
  expect(trajectoryPath('\uD800')).toBe('/trajectories/%EF%BF%BD');
});

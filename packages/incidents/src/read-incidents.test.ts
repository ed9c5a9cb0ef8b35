import { expect, test } from 'vitest';

import { readIncidents } from './read-incidents.ts';
import { findingOf } from './testing/findings.ts';
import { incidentsIn, temporaryDirectory } from './testing/incidents-in.ts';

test('what is under watch is counted from the files, without what became an incident', async () => {
  await using directory = await temporaryDirectory();
  const watched = async () => (await readIncidents(directory.path)).watched;
  expect(await watched()).toEqual({ fingerprints: 0, findings: 0 });
  await using running = await incidentsIn(directory.path);
  const { incidents } = running;
  for (const agent of ['support', 'support', 'sales']) {
    await incidents.addFinding(findingOf({ agent }));
  }
  await incidents.flush();
  expect(await watched()).toEqual({ fingerprints: 2, findings: 3 });
  await incidents.addFinding(findingOf());
  await incidents.flush();
  expect(incidents.list()).toHaveLength(1);
  expect(await watched()).toEqual({ fingerprints: 1, findings: 1 });
});

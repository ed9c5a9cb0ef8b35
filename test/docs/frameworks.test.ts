import { readFile } from 'node:fs/promises';

import { expect, test } from 'vitest';

import { readResults } from '../frameworks/harness/results.ts';
import { listFrameworks } from '../frameworks/harness/matrix.ts';
import { SCENARIOS } from '../frameworks/scenarios.ts';
import { FRAMEWORKS_FILE, frameworksPage } from './frameworks.ts';

const squeezed = (text: string): string => text.replaceAll(/ +|-{3,}/g, ' ');

test('the page of frameworks is what the results say', async () => {
  const committed = await readFile(FRAMEWORKS_FILE, 'utf8');
  // The formatter pads tables.
  expect(squeezed(committed)).toBe(squeezed(await frameworksPage()));
});

test('every version of every framework has a result for every scenario', async () => {
  const results = await readResults();
  const frameworks = await listFrameworks();
  const installs = frameworks.flatMap(({ framework }) =>
    framework.installs.map(({ folder }) => folder),
  );
  expect(results.map(({ install }) => install)).toEqual(installs);
  for (const { scenarios, ran } of results) {
    expect(Object.keys(scenarios)).toEqual(SCENARIOS.map(({ name }) => name));
    expect(ran.length).toBeGreaterThan(0);
  }
});

test('nothing that a framework is said to have failed', async () => {
  const results = await readResults();
  const failed = results.flatMap(({ package: name, version, scenarios }) =>
    Object.entries(scenarios)
      .filter(([, verdict]) => verdict === 'no')
      .map(([scenario]) => `${name} ${version}: ${scenario}`),
  );
  expect(failed).toEqual([]);
});

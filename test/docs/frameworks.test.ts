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

const frameworks = (await listFrameworks()).map(({ framework }) => framework);
const results = await readResults(frameworks.map(({ name }) => name));

test('every version of every framework has a result for every scenario', () => {
  const installs = frameworks.flatMap((framework) =>
    framework.installs.map(({ folder }) => folder),
  );
  expect(results.map(({ install }) => install)).toEqual(installs);
  for (const { scenarios, ran } of results) {
    expect(Object.keys(scenarios)).toEqual(SCENARIOS.map(({ name }) => name));
    expect(ran.length).toBeGreaterThan(0);
  }
});

test('what a framework lacks, and why, is what its file says', () => {
  for (const framework of frameworks) {
    for (const install of framework.installs) {
      const result = results.find(
        (one) => one.framework === framework.name && one.install === install.folder,
      );
      const lacks = Object.entries(result?.scenarios ?? {}).flatMap(([name, verdict]) =>
        typeof verdict === 'string' ? [] : [[name, verdict.lacks] as const],
      );
      const said = { ...install.lacks, ...framework.lacks };
      expect(Object.fromEntries(lacks)).toEqual(said);
    }
  }
});

test('no framework is listed with a failure', () => {
  const failed = results.flatMap(({ package: name, version, scenarios }) =>
    Object.entries(scenarios)
      .filter(([, verdict]) => verdict === 'no')
      .map(([scenario]) => `${name} ${version}: ${scenario}`),
  );
  expect(failed).toEqual([]);
});

import { readdirSync, readFileSync } from 'node:fs';

import { expect, test } from 'vitest';

import { checkCollectorConfig } from '../../packages/cli/src/collector/check/check-config.ts';
import { readPage } from '../guide/harness/read-page.ts';
import {
  CHECK_PAGE,
  checkPage,
  collectorConfigPath,
  collectorConfigs,
} from './collector-configs.ts';

test.each([...collectorConfigs()])(
  '%s is what `aftertrace collector init` writes; else run `pnpm docs:collector`',
  (file, text) => {
    expect(readFileSync(collectorConfigPath(file), 'utf8')).toBe(text);
  },
);

test('no other configuration is committed beside them', () => {
  const files = readdirSync(collectorConfigPath('.')).filter((file) => file.endsWith('.yaml'));
  expect(files.toSorted()).toEqual(['builder.yaml', ...collectorConfigs().keys()].toSorted());
});

test('the committed page of the rules says the same as they; else run `pnpm docs:collector`', () => {
  // The formatter aligns tables and chooses the mark of emphasis.
  const plain = (text: string): string => text.replaceAll(/-{3,}/g, '---').replaceAll(/ +/g, ' ');
  expect(plain(readFileSync(CHECK_PAGE, 'utf8'))).toBe(plain(checkPage()));
});

/** Names of settings in the tables of a page, with the file whose table it is. */
function settingsOf(page: string): readonly (readonly [file: string, setting: string])[] {
  return page.split(/^## /m).flatMap((part) => {
    const file = /^`([\w-]+\.yaml)`/.exec(part)?.[1];
    const rows = file === undefined ? [] : [...part.matchAll(/^\| `([^`]+)`/gm)];
    return rows.map(([, setting = '']): readonly [string, string] => [file ?? '', setting]);
  });
}

const README = readFileSync(collectorConfigPath('README.md'), 'utf8');

test('each file has a table of what breaks', () => {
  const files = new Set(settingsOf(README).map(([file]) => file));
  expect([...files].toSorted()).toEqual([...collectorConfigs().keys()].toSorted());
});

test.each(settingsOf(README))('%s has the setting %s', (file, setting) => {
  const lines = (collectorConfigs().get(file) ?? '').split('\n');
  // From the outside to the inside: each next name stands below the one before.
  let at = 0;
  for (const name of setting.split('.')) {
    at = lines.findIndex((line, index) => index >= at && line.trimStart().startsWith(`${name}:`));
    expect(at, `${name} of ${setting}`).toBeGreaterThanOrEqual(0);
  }
});

const GUIDE = new URL('../../docs/guide/', import.meta.url);
/** What a reader of a page ends up with: the last `collector.yaml` that it has them write. */
const GUIDE_CONFIGS = readdirSync(GUIDE).flatMap((page) => {
  const { steps } = readPage(readFileSync(new URL(page, GUIDE), 'utf8'));
  const last = steps.findLast((step) => step.kind === 'file' && step.file === 'collector.yaml');
  return last === undefined ? [] : [[page, last.text] as const];
});

test('pages of the guide have readers write configurations', () => {
  expect(GUIDE_CONFIGS.length).toBeGreaterThan(1);
});

test.each(GUIDE_CONFIGS)('the configuration of %s has no trap but a queue in memory', (_, text) => {
  const checked = checkCollectorConfig(text);
  const rules = checked.ok ? checked.findings.map(({ rule }) => rule) : [checked.message];
  expect(rules).toEqual(['queue-without-storage']);
});

import { readdirSync, readFileSync } from 'node:fs';

import { expect, test } from 'vitest';
import { parse } from 'yaml';

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
    if (file === undefined || file === 'builder.yaml') return [];
    const cells = [...part.matchAll(/^\| (`[^|]+`) +\|/gm)].map(([, cell = '']) => cell);
    const names = cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)]);
    return names.map(([, setting = '']): readonly [string, string] => [file, setting]);
  });
}

/** Names of all settings of a configuration, from the outside to the inside. */
function leavesOf(value: unknown, path: readonly string[] = []): readonly string[] {
  const isSection = typeof value === 'object' && value !== null && !Array.isArray(value);
  const members = isSection ? Object.entries(value) : [];
  if (members.length === 0) return [path.join('.')];
  return members.flatMap(([name, member]) => leavesOf(member, [...path, name]));
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

test.each([...collectorConfigs()])('%s has no setting without a row', (_, text) => {
  // "As `production.yaml`, and": a row holds for all that have the setting.
  const rows = new Set(settingsOf(README).map(([, setting]) => setting));
  const without = leavesOf(parse(text)).filter(
    (leaf) => !leaf.split('.').some((_, at, names) => rows.has(names.slice(0, at + 1).join('.'))),
  );
  expect(without).toEqual([]);
});

test('builder.yaml has a row for each part, and rows for parts that it has', () => {
  const table = README.split('## `builder.yaml`')[1] ?? '';
  const told = [
    ...table.matchAll(
      /`(\w+(?:receiver|processor|connector|exporter|storage|extension|provider))`/g,
    ),
  ];
  const parts = readFileSync(collectorConfigPath('builder.yaml'), 'utf8').matchAll(
    /^ {2}- gomod: \S+\/(\w+) v/gm,
  );
  const names = (found: Iterable<RegExpMatchArray>): readonly string[] =>
    [...new Set([...found].map(([, name = '']) => name))].toSorted();
  expect(names(told)).toEqual(names(parts));
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

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

import { describe, expect, test } from 'vitest';

import { allDashboards, textOf } from './dashboards.ts';
import { Uid } from './links.ts';

const ROOT = path.join(import.meta.dirname, '..');
const DASHBOARDS = allDashboards();

/** Grafana's grid: 24 wide. */
interface Place {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

/** What is in the file, whatever the types of the SDK say. */
interface Written {
  readonly uid: string;
  readonly id?: number | null;
  readonly title: string;
  readonly panels: readonly {
    readonly id: number;
    readonly gridPos: Place;
    readonly title: string;
    readonly description?: string;
    readonly datasource?: { readonly uid: string };
    readonly targets?: readonly {
      readonly refId: string;
      readonly datasource: { readonly uid: string };
    }[];
  }[];
  readonly templating: {
    readonly list: readonly { readonly name: string; readonly type: string }[];
  };
}

test('the files that are committed are what the code makes: run `pnpm docs:dashboards`', () => {
  const committed = ['dashboards', 'tempo'].flatMap((dir) =>
    readdirSync(path.join(ROOT, dir)).map((name) => `${dir}/${name}`),
  );
  expect(committed.toSorted()).toEqual(DASHBOARDS.map(({ file }) => file).toSorted());
  for (const each of DASHBOARDS)
    expect(readFileSync(path.join(ROOT, each.file), 'utf8')).toBe(textOf(each));
});

describe.each(DASHBOARDS)('$file', (each) => {
  const written = JSON.parse(textOf(each)) as Written;

  test('has an address that links find, and is nobody’s copy', () => {
    expect(Object.values(Uid)).toContain(written.uid);
    expect(written.uid.length).toBeLessThanOrEqual(40);
    expect(written.id ?? null).toBeNull();
  });

  test('has panels with an id, a title and a place of their own', () => {
    const ids = written.panels.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(written.panels.filter(({ title }) => title === '')).toEqual([]);
    expect(written.panels.filter(({ gridPos }) => gridPos.x + gridPos.w > 24)).toEqual([]);
    const overlaps = written.panels.flatMap((one, index) =>
      written.panels
        .slice(index + 1)
        .filter((other) => overlap(one.gridPos, other.gridPos))
        .map((other) => [one.title, other.title]),
    );
    expect(overlaps).toEqual([]);
  });

  test('asks only data sources that a person chooses', () => {
    const sources = written.templating.list.filter(({ type }) => type === 'datasource');
    const chosen = new Set(sources.map(({ name }) => `\${${name}}`));
    const asked = written.panels.flatMap(({ datasource, targets = [] }) => [
      ...(datasource === undefined ? [] : [datasource.uid]),
      ...targets.map((target) => target.datasource.uid),
    ]);
    expect(asked.filter((uid) => !chosen.has(uid))).toEqual([]);
  });

  test('uses variables that it has', () => {
    const known = new Set(written.templating.list.map(({ name }) => name));
    const text = JSON.stringify(written.panels);
    const used = [...text.matchAll(/\$\{?([a-z_]\w*)/g)].map(([, name = '']) => name);
    const own = used.filter((name) => !name.startsWith('__') && !['data', 'fields'].includes(name));
    // Links hand on what the dashboard has; Grafana drops those that it has not.
    const linked = ['agent', 'service', 'tool', 'metrics', 'traces'];
    expect([...new Set(own)].filter((name) => !known.has(name) && !linked.includes(name))).toEqual(
      [],
    );
  });
});

test('a trace store that is another has the same address, so that links find whichever is there', () => {
  const uids = new Map(DASHBOARDS.map(({ file, dashboard }) => [file, dashboard.uid]));
  expect(uids.get('tempo/run.json')).toBe(uids.get('dashboards/run.json'));
  const others = [...uids].filter(([file]) => !file.startsWith('tempo/')).map(([, uid]) => uid);
  expect(new Set(others).size).toBe(others.length);
});

function overlap(one: Place, other: Place): boolean {
  return (
    one.x < other.x + other.w &&
    other.x < one.x + one.w &&
    one.y < other.y + other.h &&
    other.y < one.y + one.h
  );
}

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

import { describe, expect, test } from 'vitest';

import { parsePagePath } from '@aftertrace/console';

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
    readonly list: readonly {
      readonly name: string;
      readonly type: string;
      readonly query?: string;
      readonly skipUrlSync?: boolean;
    }[];
  };
}

/** What says how the companion and the Collector are, and nothing of any run. */
const ABOUT_NO_RUN = [
  'Room on the disk',
  'Collector queue',
  'Requests by answer',
  'Time to an answer',
  'Backpressure',
  'Journal and disk',
  'Refused by the disk',
  'Memory',
  'Collector: queues on the way to the companion',
  'Collector: sent, refused and lost',
];

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
    const known = namesOf(written);
    expect(variablesIn(JSON.stringify(written.panels)).filter((name) => !known.has(name))).toEqual(
      [],
    );
  });

  test('hands to another what that one has', () => {
    const links = [
      ...JSON.stringify(written.panels).matchAll(/"url":"\/d\/([\w-]+)\?((?:[^"\\]|\\.)*)"/g),
    ];
    for (const [, uid = '', query = ''] of links) {
      const target = DASHBOARDS.find((one) => one.dashboard.uid === uid);
      const has = namesOf(JSON.parse(target === undefined ? '{}' : textOf(target)) as Written);
      const set = [...query.matchAll(/&var-(\w+)=/g)].map(([, name = '']) => name);
      const passed = [...query.matchAll(/\$\{([a-z]\w*):queryparam\}/g)].map(
        ([, name = '']) => name,
      );
      expect([...set, ...passed].filter((name) => !has.has(name))).toEqual([]);
    }
    expect(links.length).toBeGreaterThan(0);
  });

  test('leads from every number and line that is about runs to what is behind it', () => {
    const without = written.panels.flatMap(({ title, targets = [], ...panel }) =>
      targets.length === 0 || JSON.stringify(panel).includes('"url":') ? [] : [title],
    );
    expect(without).toEqual(written.uid === Uid.COMPANION ? ABOUT_NO_RUN : []);
  });
});

describe('links to the companion', () => {
  const pages = DASHBOARDS.flatMap((each) =>
    [...textOf(each).matchAll(/\$\{companion:raw\}([^"\\)\s]*)/g)].map(([, target = '']) => ({
      file: each.file,
      // As Grafana fills them in.
      target: target
        .replaceAll(/trace=\$\{[^}]+\}/g, `trace=${'a1'.repeat(16)}`)
        .replaceAll(/\$\{[^}]+\}/g, 'x%20y'),
    })),
  );

  test('are to pages that it has', () => {
    const kinds = new Set(pages.map(({ target }) => parsePagePath(target)?.kind));
    expect(kinds).toEqual(new Set(['trace', 'incidents']));
  });

  test('stand where agents, tools and runs are', () => {
    expect(new Set(pages.map(({ file }) => file))).toEqual(
      new Set(DASHBOARDS.map(({ file }) => file)),
    );
  });

  test('go to an address that no link to a dashboard changes', () => {
    for (const each of DASHBOARDS) {
      const { list } = (JSON.parse(textOf(each)) as Written).templating;
      const companion = list.find(({ name }) => name === 'companion');
      expect(companion).toMatchObject({
        type: 'constant',
        query: 'http://127.0.0.1:4320',
        skipUrlSync: true,
      });
      expect(textOf(each)).not.toContain('var-companion');
      expect(textOf(each)).not.toContain('${companion:queryparam}');
    }
  });
});

function namesOf({ templating }: Written): ReadonlySet<string> {
  return new Set(templating.list.map(({ name }) => name));
}

/** Those of a dashboard, not Grafana's own (`__range`). */
function variablesIn(text: string): readonly string[] {
  const names = [...text.matchAll(/\$\{?([a-z_]\w*)/g)].map(([, name = '']) => name);
  return [...new Set(names)].filter((name) => !name.startsWith('__'));
}

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

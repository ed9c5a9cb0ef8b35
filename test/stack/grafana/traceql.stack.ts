import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { allDashboards, textOf } from '@aftertrace-config/grafana/dashboards';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const SOURCE = path.join(import.meta.dirname, 'traceql-reader', 'main.go');
const GO = 'go';

const hasGo = spawnSync(GO, ['version'], { stdio: 'ignore' }).status === 0;
if (!hasGo) process.stderr.write('!! NO GO: the queries of the Tempo dashboard are not read\n');

/** As servers of MCP and models name tools. */
const NAMES = [
  'refund',
  'refundX',
  'crm.v2/refund',
  'crmXv2/refund',
  'a|b',
  'a',
  'say "hi"',
  'x\\y (z)*',
];

/** As Grafana writes a variable in the format `regex`. */
function asRegex(values: readonly string[]): string {
  const escaped = values.map((value) => value.replaceAll(/[\\^$*+?.()|[\]{}/]/g, String.raw`\$&`));
  return escaped.length === 1 ? (escaped[0] ?? '') : `(${escaped.join('|')})`;
}

describe.runIf(hasGo || process.env['CI'] === 'true')("Tempo's search, as Tempo reads it", () => {
  let dir: string;
  let reader: string;
  beforeAll(() => {
    dir = mkdtempSync(path.join(tmpdir(), 'aftertrace-traceql-'));
    reader = path.join(dir, 'reader');
    const built = spawnSync(GO, ['build', '-o', reader, SOURCE], { encoding: 'utf8' });
    if (built.status !== 0) throw new Error(`the reader was not built: ${built.stderr}`);
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  /** Which names each pattern of a query takes in. */
  const read = (query: string): unknown => {
    const { status, stdout, stderr } = spawnSync(reader, NAMES, { input: query, encoding: 'utf8' });
    return status === 0 ? JSON.parse(stdout) : stderr.trim();
  };
  const chosen = (agents: string, tools: string): string =>
    searchQuery()
      .replace('${service}', 'support')
      .replace('${agent:regex}', () => agents)
      .replace('${tool:regex}', () => tools);

  test.each(NAMES)('finds the tool %j and no other', (name) => {
    expect(read(chosen('.*', asRegex([name])))).toEqual([NAMES, [name]]);
  });

  test('finds several, and all', () => {
    const several = ['crm.v2/refund', 'a|b'];
    expect(read(chosen(asRegex(several), asRegex(several)))).toEqual([several, several]);
    expect(read(chosen('.*', '.*'))).toEqual([NAMES, NAMES]);
  });

  test('and would not within quotes', () => {
    const query = chosen('.*', asRegex(['crm.v2/refund'])).replaceAll('`', '"');
    expect(read(query)).toBe('invalid char escape');
  });
});

function searchQuery(): string {
  const tempo = allDashboards().find(({ file }) => file.startsWith('tempo/'));
  const { panels } = JSON.parse(tempo === undefined ? '{}' : textOf(tempo)) as {
    readonly panels: readonly { readonly targets?: readonly { readonly query?: string }[] }[];
  };
  const queries = panels.flatMap(({ targets = [] }) => targets.flatMap(({ query = '' }) => query));
  return queries.find((query) => query.includes('tool:regex')) ?? '';
}

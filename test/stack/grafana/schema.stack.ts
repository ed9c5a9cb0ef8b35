import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { allDashboards, textOf } from '@aftertrace-config/grafana/dashboards';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { cacheDir } from '../programs/cache-dir.ts';

/** The newest version of the SDK's Go edition that the module proxy has; the TypeScript one is newer and reads nothing. */
const SDK_VERSION = '0.0.12';
const SOURCES = path.join(import.meta.dirname, 'dashboard-reader');
const GO = 'go';
const BUILD_MILLIS = 900_000;

const hasGo = spawnSync(GO, ['version'], { stdio: 'ignore' }).status === 0;
if (!hasGo) process.stderr.write('!! NO GO: dashboards are not read by the SDK\n');

describe.runIf(hasGo || process.env['CI'] === 'true')('dashboards and their schema', () => {
  let reader: string;
  let dir: string;

  beforeAll(() => {
    dir = mkdtempSync(path.join(tmpdir(), 'aftertrace-dashboards-'));
    reader = builtReader();
  }, BUILD_MILLIS);
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  const read = (text: string): { status: number | null; stdout: string } => {
    const file = path.join(dir, 'dashboard.json');
    writeFileSync(file, text);
    const { status, stdout } = spawnSync(reader, [file], { encoding: 'utf8' });
    return { status, stdout };
  };

  test.each(allDashboards())('$file has no field that Grafana does not know', (each) => {
    expect(read(textOf(each))).toEqual({ status: 0, stdout: '' });
  });

  test('a field that is none is seen, in a panel, its options and its queries', () => {
    const [each] = allDashboards();
    if (each === undefined) throw new Error('there are no dashboards');
    for (const [right, wrong] of [
      ['"gridPos":', '"gridPosition":'],
      ['"graphMode":', '"graphMod":'],
      ['"legendFormat":', '"legend":'],
    ] as const) {
      expect(textOf(each)).toContain(right);
      const { status, stdout } = read(textOf(each).replace(right, wrong));
      expect(status).toBe(1);
      expect(stdout).toContain('unexpected field');
    }
  });
});

/** Built once for each version of the SDK and of its own sources, outside the checkout. */
function builtReader(): string {
  const hash = createHash('sha256');
  for (const name of readdirSync(SOURCES).toSorted())
    hash.update(`${name}\n`).update(readFileSync(path.join(SOURCES, name)));
  const made = `${SDK_VERSION}-${hash.digest('hex').slice(0, 8)}`;
  const dir = path.join(cacheDir(process.env), `dashboard-reader-${made}`);
  const program = path.join(dir, 'dashboard-reader');
  if (existsSync(program)) return program;
  const sources = path.join(dir, 'sources');
  mkdirSync(sources, { recursive: true });
  cpSync(SOURCES, sources, { recursive: true });
  const { status, stderr } = spawnSync(GO, ['build', '-o', program, '.'], {
    cwd: sources,
    encoding: 'utf8',
    env: { ...process.env, GOFLAGS: '-mod=readonly' },
  });
  if (status !== 0) throw new Error(`the reader of dashboards was not built: ${stderr}`);
  return program;
}

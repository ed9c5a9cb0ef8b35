import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterAll, describe, expect, test } from 'vitest';

import { writeCollectorConfig } from '../../../packages/cli/src/collector/write-config.ts';
import { readPage } from '../../guide/harness/read-page.ts';
import { describeWith } from '../programs/describe-with.ts';
import type { Program } from '../programs/program.ts';
import { readDockerRun, type DockerRun } from './docker-run.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const read = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8');

interface PageRun extends DockerRun {
  readonly page: string;
}

const runs = readdirSync(path.join(ROOT, 'docs/guide')).flatMap((page): readonly PageRun[] =>
  readPage(read(`docs/guide/${page}`))
    .untested.filter(({ text }) => text.includes('docker run'))
    .map(({ text }) => ({ page, ...readDockerRun(text) })),
);
const runsOf = (image: string): readonly PageRun[] =>
  runs.filter((run) => run.image.includes(`/${image}:`));

const dirs: string[] = [];
afterAll(() => {
  for (const dir of dirs) rmSync(dir, { recursive: true, force: true });
});

/** The reader's directory when the page has come to that line: what it had them write, or `collector init` write. */
function readersDir(page: string): string {
  const dir = mkdtempSync(path.join(tmpdir(), 'aftertrace-containers-'));
  dirs.push(dir);
  for (const step of readPage(read(`docs/guide/${page}`)).steps) {
    if (step.kind === 'file') writeFileSync(path.join(dir, step.file), step.text);
    const [, kind, out] = /collector init --kind (\w+) [^]*--out (\S+)/.exec(step.text) ?? [];
    if (kind === undefined || out === undefined) continue;
    const [traces, prometheus] = ['--traces', '--prometheus'].map(
      (flag) => new RegExp(`${flag} (\\S+)`).exec(step.text)?.[1],
    );
    const viewers = traces === undefined ? {} : { traces };
    const metrics = prometheus === undefined ? {} : { prometheus };
    const answers = { kind: kind as 'laptop' | 'production', ...viewers, ...metrics };
    writeFileSync(path.join(dir, out), writeCollectorConfig(answers));
  }
  // What a companion that was started there has left.
  mkdirSync(path.join(dir, '.aftertrace'));
  writeFileSync(path.join(dir, '.aftertrace/token'), 'token\n', { mode: 0o600 });
  mkdirSync(path.join(dir, 'queue'));
  return dir;
}

/** Arguments with paths of this machine in the place of those of the container. */
function argsHere({ args, mounts }: DockerRun, dir: string): readonly string[] {
  return args.map((word) => {
    for (const [from, to] of mounts)
      if (word.endsWith(`=${to}`)) return word.replace(to, path.join(dir, from));
    return word;
  });
}

describe('docker run of the guide', () => {
  test('is where a Collector, Jaeger or Prometheus is started', () => {
    const pages = (image: string): readonly string[] => runsOf(image).map(({ page }) => page);
    expect(pages('opentelemetry-collector-contrib').toSorted()).toEqual([
      'existing-collector.md',
      'existing-collector.md',
      'python-agents.md',
      'view-failures.md',
    ]);
    expect(pages('jaeger')).toEqual(['view-failures.md']);
    expect(pages('prometheus')).toEqual(['view-failures.md']);
    expect(runs).toHaveLength(6);
  });

  test('takes the images of examples/stack/compose.yaml, with their releases', () => {
    const compose = read('examples/stack/compose.yaml');
    for (const { image } of runs) expect(compose).toContain(`image: ${image}\n`);
  });

  test.each(runs)('$page: mounts what is there, and every file that it names ($image)', (run) => {
    const dir = readersDir(run.page);
    const there = readdirSync(dir, { recursive: true });
    expect(there).toEqual(expect.arrayContaining([...run.mounts.keys()]));
    const named = run.args.flatMap((word) => /=(\/\S+)$/.exec(word)?.[1] ?? []);
    const places = new Set([...run.mounts.values(), ...run.tmpfs]);
    expect(named.filter((place) => !places.has(place))).toEqual([]);
    // Nothing of the reader's is written but the queue, which needs the reader's rights; so does the token.
    for (const from of run.mounts.keys()) expect(run.isReadOnly(from)).toBe(from !== 'queue');
    const needsReader = run.mounts.has('queue') || run.mounts.has('.aftertrace/token');
    expect(run.asReader).toBe(needsReader);
  });

  test('of a Collector with a queue mounts the directory in which its storage is made', () => {
    const [run] = runsOf('opentelemetry-collector-contrib').filter(({ mounts }) =>
      mounts.has('queue'),
    );
    const storage = run?.mounts.get('queue') ?? 'none';
    const config = readFileSync(path.join(readersDir('existing-collector.md'), 'production.yaml'));
    expect(config.toString()).toContain(`\${env:STORAGE_DIR:-${storage}/aftertrace}`);
  });
});

/** The same words after a subcommand that only looks at the configuration. */
function validate({ program }: Program, run: PageRun): { readonly code: number | null } {
  const dir = readersDir(run.page);
  const env = { ...process.env, STORAGE_DIR: path.join(dir, 'queue/aftertrace') };
  const ran = spawnSync(program, ['validate', ...argsHere(run, dir)], { env, encoding: 'utf8' });
  return { code: ran.status, ...(ran.status === 0 ? {} : { said: ran.stderr }) };
}

describeWith(['collector'], 'a Collector in a container', ({ collector }) => {
  test.each(runsOf('opentelemetry-collector-contrib'))('$page: $args', (run) => {
    expect(validate(collector, run)).toEqual({ code: 0 });
  });
});

describeWith(['jaeger'], 'Jaeger in a container', ({ jaeger }) => {
  test.each(runsOf('jaeger'))('$page: $args', (run) => {
    expect(validate(jaeger, run)).toEqual({ code: 0 });
  });
});

describeWith(['prometheus', 'promtool'], 'Prometheus in a container', (programs) => {
  test.each(runsOf('prometheus'))('$page: $args', (run) => {
    const known = spawnSync(programs.prometheus.program, ['--help'], { encoding: 'utf8' });
    for (const word of run.args)
      expect(`${known.stdout}${known.stderr}`).toContain(`${word.split('=')[0]}=`);
    const [config = ''] = argsHere(run, readersDir(run.page));
    const [, file = ''] = config.split('=');
    const { program } = programs.promtool;
    expect(spawnSync(program, ['check', 'config', file], { encoding: 'utf8' })).toMatchObject({
      status: 0,
    });
  });
});

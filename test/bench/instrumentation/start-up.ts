import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

import { ensureInstall } from '../../frameworks/harness/install.ts';
import { buildPackages } from '../../packages/build-packages.ts';
import type { Row } from '../row.ts';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** What an application imports, and from which install it comes. */
const FRAMEWORKS = [
  ['ai-7', 'ai', 'ai'],
  ['openai-7', 'openai', 'openai'],
  ['langchain-1', 'langchain', 'langchain'],
  ['mastra-1', '@mastra/core', '@mastra/core/agent'],
  ['agents-0.20', '@openai/agents', '@openai/agents'],
  ['claude-agent-0.3', '@anthropic-ai/claude-agent-sdk', '@anthropic-ai/claude-agent-sdk'],
] as const;

/** Starts of each kind, of which the median counts. */
const ROUNDS = 11;

/** A way to start the application. */
interface Way {
  readonly name: string;
  readonly args: readonly string[];
  readonly bar?: number;
}

/** Told on standard output by the application. */
interface Started {
  /** From the start of the process until everything is imported. */
  readonly startMillis: number;
  /** Of that, the imports of the application. */
  readonly importMillis: number;
}

const APP = `const before = performance.now();
${FRAMEWORKS.map(([, , specifier]) => `await import(${JSON.stringify(specifier)});`).join('\n')}
const after = performance.now();
process.stdout.write(JSON.stringify({ startMillis: after, importMillis: after - before }), () => process.exit(0));
`;

/**
 * What starting an application with six frameworks costs, by what is imported before it. Rounds go over all ways, so that
 * what else the machine does meets each alike; the median counts. What is published is measured, not the sources.
 */
export async function measureStartUp(note: (text: string) => void): Promise<readonly Row[]> {
  note('builds the packages as they are published, and installs the frameworks where they are not');
  const problems = await buildPackages();
  if (problems.length > 0) throw new Error(problems.join('\n'));
  const application = await createApplication();
  try {
    const ways = await waysToStart();
    const took = new Map<string, Started[]>(ways.map(({ name }) => [name, []]));
    for (let round = -1; round < ROUNDS; round += 1) {
      for (const way of ways) {
        const started = await start(way, application);
        // The first round warms the disk.
        if (round >= 0) took.get(way.name)?.push(started);
      }
    }
    return ways.flatMap((way) => rowsOf(way, took));
  } finally {
    await rm(application, { recursive: true, force: true });
  }
}

async function waysToStart(): Promise<readonly Way[]> {
  const instrumentation = path.join(ROOT, 'packages/instrumentation/dist/register.js');
  const node = path.join(ROOT, 'packages/node/dist/index.js');
  const sdk = createRequire(path.join(ROOT, 'packages/node/package.json')).resolve(
    '@opentelemetry/sdk-node',
  );
  const hook = pathToFileURL(
    createRequire(await realpath(sdk)).resolve('@opentelemetry/instrumentation/hook.mjs'),
  );
  const register = `import { register } from 'node:module'; register(${JSON.stringify(hook.href)});`;
  return [
    { name: 'nothing', args: [] },
    { name: 'instrumentation/register', args: ['--import', instrumentation], bar: 1.05 },
    { name: '@aftertrace/node, with the SDK', args: ['--import', node] },
    {
      name: "OpenTelemetry's loader alone",
      args: ['--import', `data:text/javascript,${encodeURIComponent(register)}`],
    },
  ];
}

/** A directory with the frameworks in its `node_modules`, and what imports them. */
async function createApplication(): Promise<string> {
  const directory = await mkdtemp(path.join(tmpdir(), 'aftertrace-bench-'));
  for (const [install, name] of FRAMEWORKS) {
    const source = path.join(await ensureInstall(install), 'node_modules', name);
    const target = path.join(directory, 'node_modules', name);
    await mkdir(path.dirname(target), { recursive: true });
    await symlink(await realpath(source), target);
  }
  await writeFile(path.join(directory, 'app.mjs'), APP);
  return directory;
}

async function start({ args }: Way, application: string): Promise<Started> {
  const { stdout } = await run(process.execPath, [...args, 'app.mjs'], {
    cwd: application,
    env: {
      PATH: process.env['PATH'],
      HOME: application,
      XDG_STATE_HOME: application,
      OTEL_TRACES_EXPORTER: 'none',
      OTEL_LOGS_EXPORTER: 'none',
      OTEL_METRICS_EXPORTER: 'none',
    },
  });
  return JSON.parse(stdout) as Started;
}

function rowsOf({ name, bar }: Way, took: ReadonlyMap<string, readonly Started[]>): readonly Row[] {
  const medianOf = (way: string, what: keyof Started): number => {
    const values = (took.get(way) ?? []).map((started) => started[what]).sort((a, b) => a - b);
    return values[Math.floor(values.length / 2)] ?? Number.NaN;
  };
  const absolute: Row = {
    metric: `start with six frameworks, ${name}`,
    value: medianOf(name, 'startMillis'),
    unit: 'ms',
  };
  if (name === 'nothing') return [absolute];
  const limit = bar === undefined ? {} : { bar: { atMost: bar } };
  return [
    absolute,
    {
      metric: `  to nothing, the process, ${name}`,
      value: medianOf(name, 'startMillis') / medianOf('nothing', 'startMillis'),
      unit: '×',
      ...limit,
    },
    {
      metric: `  to nothing, the imports, ${name}`,
      value: medianOf(name, 'importMillis') / medianOf('nothing', 'importMillis'),
      unit: '×',
      ...limit,
    },
  ];
}

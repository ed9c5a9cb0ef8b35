import { rmSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';

import type { guardTool as GuardToolFunction } from '@aftertrace/instrumentation';
import { context, trace, type ContextManager, type TracerProvider } from '@opentelemetry/api';

import { ensureInstall } from '../../frameworks/harness/install.ts';
import { collectGarbage, median } from '../measure.ts';
import type { Row } from '../row.ts';

const RULES = 100;
const ROUNDS = 15;
const CALLS_PER_ROUND = 5_000;
const CALLS_OF_THE_HEAP = 1_000_000;
const BIG_RESULT_BYTES = 10_000_000;

/** Ends each span and keeps none: what an exporter does is its own cost. */
const nowhere = {
  onStart: () => undefined,
  onEnd: () => undefined,
  forceFlush: () => Promise.resolve(),
  shutdown: () => Promise.resolve(),
};

/** Loaded when its settings are there. */
type GuardTool = typeof GuardToolFunction;

interface Arguments {
  readonly order: string;
  readonly index: number;
}

type Tool = (args: Arguments) => Promise<{ readonly order: string; readonly state: string }>;

const bare: Tool = ({ order, index }) =>
  Promise.resolve({ order, state: index < 0 ? 'lost' : 'shipped' });

/** Span, judgement and a decision against a hundred rules, over the bare call. */
export async function measureToolCalls(note: (text: string) => void): Promise<readonly Row[]> {
  const directory = await mkdtemp(path.join(tmpdir(), 'aftertrace-bench-'));
  // Watched as long as the process lives: a file that goes away before is told of.
  process.once('exit', () => rmSync(directory, { recursive: true }));
  const file = path.join(directory, 'policy.json');
  await writeFile(file, JSON.stringify(policy()));
  process.env['AFTERTRACE_POLICY'] = file;
  process.env['AFTERTRACE_COMPANION'] = 'none';
  return await measure(note);
}

async function measure(note: (text: string) => void): Promise<readonly Row[]> {
  const { guardTool, withAgent } = await import('@aftertrace/instrumentation');
  const sdk = await loadSdk();
  context.setGlobalContextManager(sdk.createContextManager());
  const guarded = guardTool(bare, { name: 'lookup_order' });
  await checkRules(guardTool);
  const inRun = (tool: Tool): Promise<number> =>
    withAgent({ name: 'bench' }, () => microsPerCall(tool));
  const over = async (provider: TracerProvider): Promise<number> => {
    trace.disable();
    trace.setGlobalTracerProvider(provider);
    await inRun(guarded);
    // One after the other, so that a busy moment meets both.
    const differences: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const with_ = await inRun(guarded);
      differences.push(with_ - (await inRun(bare)));
    }
    return median(differences);
  };
  const recorded = await over(sdk.createProvider({ spanProcessors: [nowhere] }));
  const unsampled = await over(
    sdk.createProvider({ sampler: sdk.createOffSampler(), spanProcessors: [nowhere] }),
  );
  note(`tool calls: a guarded one against ${RULES} rules, ${ROUNDS} rounds of ${CALLS_PER_ROUND}`);
  const retained = await withAgent({ name: 'bench' }, () => retainedBytes(guarded));
  const copied = await withAgent({ name: 'bench' }, () => copiedBytes(guardTool));
  return [
    {
      metric: 'tool call, recorded: over the bare call',
      value: recorded,
      unit: 'µs',
      bar: { atMost: 8 },
    },
    {
      metric: 'tool call, unsampled: over the bare call',
      value: unsampled,
      unit: 'µs',
      bar: { atMost: 3 },
    },
    {
      metric: 'heap after a million tool calls of one run',
      value: retained / 1e6,
      unit: 'MB',
      bar: { atMost: 1 },
    },
    {
      metric: 'allocated for a result of 10 MB',
      value: copied / 1e6,
      unit: 'MB',
      bar: { atMost: 1 },
    },
  ];
}

interface Sdk {
  createContextManager(): ContextManager;
  createProvider(options: object): TracerProvider;
  createOffSampler(): object;
}

/** The SDK 3 that the framework tests use. */
async function loadSdk(): Promise<Sdk> {
  const load = createRequire(`${await ensureInstall('otel-3')}/`);
  const tracing = load('@opentelemetry/sdk-trace') as {
    readonly TracerProvider: new (options: object) => TracerProvider;
    readonly AlwaysOffSampler: new () => object;
  };
  const { AsyncLocalStorageContextManager: Manager } = load(
    '@opentelemetry/context-async-hooks',
  ) as { readonly AsyncLocalStorageContextManager: new () => ContextManager };
  return {
    createContextManager: () => new Manager().enable(),
    createProvider: (options) => new tracing.TracerProvider(options),
    createOffSampler: () => new tracing.AlwaysOffSampler(),
  };
}

/** Ninety-nine that do not match, of other tools and of this one; the last one refuses a tool that nobody calls. */
function policy(): object {
  return {
    name: 'bench',
    revision: 1,
    rules: Array.from({ length: RULES }, (_, index) => ({
      id: `rule-${index}`,
      match:
        index % 10 === 0
          ? { tool: 'lookup_order', arguments: [{ pointer: '/order', equals: `X${index}` }] }
          : { tool: index === RULES - 1 ? 'refused' : `tool_${index}` },
      verdict: 'block',
      mode: 'enforce',
    })),
  };
}

/** What is measured must be what is claimed: the rules are in force. */
async function checkRules(guardTool: GuardTool): Promise<void> {
  const refused = guardTool(bare, { name: 'refused' });
  const end = performance.now() + 10_000;
  while (performance.now() < end) {
    const isRefused = await refused({ order: 'A1', index: 0 }).then(
      () => false,
      () => true,
    );
    if (isRefused) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error('the policy of the benchmark did not come into force');
}

async function microsPerCall(tool: Tool): Promise<number> {
  const from = performance.now();
  for (let index = 0; index < CALLS_PER_ROUND; index += 1) {
    await tool({ order: `A${index}`, index });
  }
  return ((performance.now() - from) * 1000) / CALLS_PER_ROUND;
}

async function retainedBytes(tool: Tool): Promise<number> {
  for (let index = 0; index < CALLS_PER_ROUND; index += 1) await tool({ order: 'A1', index });
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  for (let index = 0; index < CALLS_OF_THE_HEAP; index += 1)
    await tool({ order: `A${index}`, index });
  collectGarbage();
  return Math.max(0, process.memoryUsage().heapUsed - before);
}

/** Beyond the result itself, which is there before. */
async function copiedBytes(guardTool: GuardTool): Promise<number> {
  const result = { rows: 'x'.repeat(BIG_RESULT_BYTES) };
  const tool = guardTool(() => Promise.resolve(result), { name: 'dump' });
  const bytes: number[] = [];
  for (let round = 0; round < 5; round += 1) {
    collectGarbage();
    const before = process.memoryUsage();
    const given = await tool({});
    const after = process.memoryUsage();
    if (given !== result) throw new Error('the result is another object');
    bytes.push(Math.max(0, after.heapUsed + after.external - before.heapUsed - before.external));
  }
  return median(bytes);
}

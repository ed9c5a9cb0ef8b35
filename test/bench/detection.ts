import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { createRunJudge, judgeToolCall, type ToolCallFacts } from '@aftertrace/detection';

import { bytesPerCall, cpuMicrosPerCall, median, microsPerCall, sink } from './measure.ts';
import type { BenchContext, Row } from './row.ts';

/** What people write who have no detector. */
const NAIVE = /error|exception|failed/i;
const CORPUS_ROUNDS = 9;
const VARIANTS = 8;

/**
 * What a judgement costs in the agent, where somebody waits for it. Argument: the folder of recorded calls; without it
 * `../shared/corpus` beside the repository.
 */
export function detection({ args, note }: BenchContext): Promise<readonly Row[]> {
  const [folder] = parseArgs({ args: [...args], allowPositionals: true }).positionals;
  const json = variants((index) => ({ tool: 'lookup', result: jsonOf200Bytes(index) }));
  const text = variants((index) => ({ tool: 'search', result: prose(2000, index) }));
  const large = variants((index) => ({ tool: 'fetch', result: prose(1_000_000, index) }));
  const log = variants((index) => ({ tool: 'bash', result: errorLog(1_000_000, index) }));
  const huge = variants((index) => ({ tool: 'dump', result: jsonList(1_000_000, index) }));
  const judge =
    (facts: readonly ToolCallFacts[]) =>
    (index: number): unknown => {
      const one = facts[index % facts.length];
      return one === undefined ? undefined : judgeToolCall(one);
    };
  const rows: readonly Row[] = [
    {
      metric: 'JSON result, 200 bytes',
      value: microsPerCall(judge(json)),
      unit: 'µs',
      bar: { atMost: 2 },
    },
    {
      // What remains of the figure above if nothing is judged.
      metric: 'JSON result, 200 bytes: JSON.parse alone',
      value: microsPerCall((index) => JSON.parse(String(json[index % json.length]?.result))),
      unit: 'µs',
    },
    { metric: 'text, 2 KB', value: microsPerCall(judge(text)), unit: 'µs', bar: { atMost: 10 } },
    {
      metric: 'text, 1 MB',
      value: microsPerCall(judge(large)) / 1000,
      unit: 'ms',
      bar: { atMost: 2 },
    },
    {
      metric: 'text, 1 MB: allocation',
      value: bytesPerCall(judge(large)) / 1e6,
      unit: 'MB',
      bar: { atMost: 2 },
    },
    {
      metric: 'log full of errors, 1 MB',
      value: microsPerCall(judge(log)) / 1000,
      unit: 'ms',
      bar: { atMost: 2 },
    },
    {
      metric: 'log full of errors, 1 MB: allocation',
      value: bytesPerCall(judge(log)) / 1e6,
      unit: 'MB',
      bar: { atMost: 2 },
    },
    { metric: 'JSON text, 1 MB', value: microsPerCall(judge(huge)) / 1000, unit: 'ms' },
    { metric: 'JSON text, 1 MB: allocation', value: bytesPerCall(judge(huge)) / 1e6, unit: 'MB' },
  ];
  return Promise.resolve([
    ...rows,
    ...shapeRows(judge),
    runJudgeRow(),
    ...throughput(folder, note),
  ]);
}

/** The shapes in which short results come, in wall time and in time of the process. No bar: the issue names none. */
function shapeRows(
  judge: (facts: readonly ToolCallFacts[]) => (index: number) => unknown,
): readonly Row[] {
  const shapes: Readonly<Record<string, (index: number) => ToolCallFacts>> = {
    'JSON result, 200 bytes': (index) => ({ tool: 'lookup', result: jsonOf200Bytes(index) }),
    'JSON message, 200 bytes': (index) => ({
      tool: 'notify',
      result: JSON.stringify({ message: sentence(180, index) }),
    }),
    'MCP text, 200 bytes': (index) => ({
      tool: 'notify',
      result: { content: [{ type: 'text', text: sentence(150, index) }], isError: false },
    }),
    'plain answer, 115 characters': (index) => ({ tool: 'notify', result: sentence(115, index) }),
    'output of a shell, 115 characters': (index) => ({
      tool: 'bash',
      arguments: { command: 'make all' },
      result: sentence(115, index),
    }),
    'answer in one line, 2 KB': (index) => ({ tool: 'notify', result: sentence(2000, index) }),
    'text, 2 KB': (index) => ({ tool: 'search', result: prose(2000, index) }),
    'a refusal, 40 characters': (index) => ({
      tool: 'notify',
      result: `Permission denied for customer ${1000 + index}.`,
    }),
  };
  return Object.entries(shapes).flatMap(([shape, make]) => {
    const work = judge(variants(make));
    return [
      { metric: `${shape}: wall`, value: microsPerCall(work), unit: 'µs' },
      { metric: `${shape}: process`, value: cpuMicrosPerCall(work), unit: 'µs' },
    ];
  });
}

/** One line about everyday things. */
function sentence(chars: number, index: number): string {
  return flat(`${index} ${WORDS}, `.repeat(Math.ceil(chars / WORDS.length)).slice(0, chars));
}

/** A run that never ends: what one more call costs, its loops included. */
function runJudgeRow(): Row {
  const judge = createRunJudge();
  const outcome = { outcome: 'ok', certainty: 'likely', rule: 'content.value' } as const;
  const micros = microsPerCall((index) => {
    const digest = `sha256:${String(index % 1000).padStart(64, '0')}`;
    const call = {
      tool: 'lookup',
      outcome,
      step: index,
      argumentsDigest: digest,
      resultDigest: digest,
    };
    return judge.add({ type: 'tool_call', call });
  });
  return { metric: 'one call of a run, digests given', value: micros, unit: 'µs' };
}

function variants(make: (index: number) => ToolCallFacts): readonly ToolCallFacts[] {
  return Array.from({ length: VARIANTS }, (_, index) => make(index));
}

function jsonOf200Bytes(index: number): string {
  const order = {
    id: 1000 + index,
    status: 'shipped',
    total: 42.5,
    currency: 'EUR',
    items: [] as string[],
  };
  while (JSON.stringify(order).length < 190) order.items.push(`sku-${order.items.length}`);
  return JSON.stringify(order);
}

const WORDS =
  'the order was packed in the morning and left the house before noon so that it should reach the customer by friday at the latest';

/** Text that talks about everyday things, in lines of ordinary length. */
function prose(chars: number, index: number): string {
  const line = `${index} ${WORDS}.\n`;
  return flat(line.repeat(Math.ceil(chars / line.length)).slice(0, chars));
}

/** A log that a tool was asked to read: every other line is an error. */
function errorLog(chars: number, index: number): string {
  const lines = `10:00:0${index} INFO request served in 12 ms\n10:00:01 ERROR Error: connection failed, retrying\n`;
  return flat(lines.repeat(Math.ceil(chars / lines.length)).slice(0, chars));
}

function jsonList(chars: number, index: number): string {
  const items: unknown[] = [];
  for (let length = 0; length < chars; length += 60) {
    items.push({ id: index + items.length, name: 'an item of the list', error: null });
  }
  return JSON.stringify(items);
}

/** One piece of memory, as text has it that came over a wire. */
function flat(text: string): string {
  return Buffer.from(text).toString('utf8');
}

interface CorpusCall {
  readonly tool: string;
  readonly arguments: string;
  readonly result: string;
  readonly extra?: { readonly exit_code?: number };
}

/** Calls a second over real calls, beside the naive search in the same run. */
function throughput(folder: string | undefined, note: (text: string) => void): readonly Row[] {
  const file = corpusFile(folder);
  if (file === undefined) {
    note(
      'NO RECORDED CALLS: throughput is not measured. Give the folder that holds calls.jsonl: pnpm bench detection FOLDER',
    );
    return [];
  }
  const calls = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as CorpusCall);
  const facts = calls.map(({ tool, arguments: args, result, extra }): ToolCallFacts => {
    const exitCode = extra?.exit_code;
    return { tool, arguments: args, result, ...(exitCode === undefined ? {} : { exitCode }) };
  });
  const perSecond = (work: () => void): number => {
    const from = performance.now();
    work();
    return (calls.length * 1000) / (performance.now() - from);
  };
  const ours: number[] = [];
  const naive: number[] = [];
  for (let round = 0; round < CORPUS_ROUNDS + 2; round += 1) {
    const one = perSecond(() => judgeAll(facts));
    const other = perSecond(() => searchAll(calls));
    // The first two rounds are the warm-up.
    if (round < 2) continue;
    ours.push(one);
    naive.push(other);
  }
  const chars = calls.reduce((sum, { result }) => sum + result.length, 0);
  note(`${calls.length} recorded calls, ${(chars / 1e6).toFixed(1)} MB of results`);
  return [
    { metric: 'recorded calls', value: median(ours), unit: 'calls/s' },
    { metric: `recorded calls, ${String(NAIVE)}`, value: median(naive), unit: 'calls/s' },
  ];
}

function judgeAll(facts: readonly ToolCallFacts[]): void {
  let failed = 0;
  for (const one of facts) if (judgeToolCall(one).outcome === 'failed') failed += 1;
  if (failed > facts.length) throw new Error(`more failures than calls; ${String(sink)}`);
}

function searchAll(calls: readonly CorpusCall[]): void {
  let found = 0;
  for (const { result } of calls) if (NAIVE.test(result)) found += 1;
  if (found > calls.length) throw new Error('more hits than calls');
}

function corpusFile(folder: string | undefined): string | undefined {
  const base = folder ?? join(import.meta.dirname, '../../../shared/corpus');
  const file = [join(base, 'calls.jsonl'), join(base, 'calls/calls.jsonl')].find((path) =>
    existsSync(path),
  );
  if (file === undefined && folder !== undefined)
    throw new Error(`there is no calls.jsonl in ${folder}`);
  return file;
}

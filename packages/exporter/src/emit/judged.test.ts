import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { decodeLogs } from '../decode/decode.ts';
import type { Pipeline } from '../pipeline-api.ts';
import { createPipeline } from '../pipeline.ts';
import { acceptLogs, acceptTraces } from '../testing/otlp-builder.ts';
import { refundStory } from '../testing/stories.ts';
import { companionSender, createEmitter, type Emitter } from './create-emitter.ts';
import type { OtlpSender } from './otlp-sender.ts';

let dataDir: string;
let pipeline: Pipeline;
let emitter: Emitter;
let sent: Buffer[];

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'aftertrace-judged-'));
  sent = [];
  const otlp: OtlpSender = {
    send: (_signal, body) => void sent.push(body),
    stats: () => ({ queuedBytes: 0, sent: 0, dropped: 0 }),
    shutdown: () => Promise.resolve(),
  };
  emitter = createEmitter({
    sender: companionSender({ version: '1', instance: 'i' }),
    otlp,
    now: () => 5,
  });
  pipeline = createPipeline({
    dataDir,
    onJudged: (judged) => emitter.add(judged),
    onDecided: (run) => emitter.decided(run),
  });
  await pipeline.start();
});
afterEach(async () => {
  await pipeline.shutdown(1000);
  await rm(dataDir, { recursive: true });
});

const genAi = (operation: string, rest: Record<string, string> = {}): Record<string, string> => ({
  'gen_ai.operation.name': operation,
  'gen_ai.agent.name': 'py',
  ...rest,
});

/** An agent without a guard of ours: two calls, one of which says that it failed. */
function foreign(): Parameters<typeof acceptTraces>[0] {
  const tool = (id: string, name: string, result: string) => ({
    id,
    parent: 'root',
    from: 1,
    to: 2,
    attributes: genAi('execute_tool', {
      'gen_ai.tool.name': name,
      'gen_ai.tool.call.id': `call-${id}`,
      'gen_ai.tool.call.result': result,
    }),
  });
  return [
    tool('t1', 'refund', '{"success":false,"error":"card declined"}'),
    tool('t2', 'lookup', '{"name":"Ana"}'),
    { id: 'root', from: 0, to: 9, attributes: genAi('invoke_agent') },
  ];
}

function events(): readonly (readonly [string, Record<string, unknown>])[] {
  emitter.flush();
  return sent.flatMap((body) => {
    const decoded = decodeLogs(body, 'protobuf');
    const logs = decoded.ok ? decoded.value.logs : [];
    return logs.map((log) => [log.eventName, Object.fromEntries(log.attributes)] as const);
  });
}

test('what was judged here goes out: failed calls and ends of runs, marked, without content', async () => {
  await pipeline.accept(acceptTraces(foreign()));
  await pipeline.flush({ all: true });
  expect(events()).toEqual([
    [
      'aftertrace.tool.outcome',
      {
        'gen_ai.agent.name': 'py',
        'gen_ai.operation.name': 'execute_tool',
        'gen_ai.tool.name': 'refund',
        'gen_ai.tool.call.id': 'call-t1',
        'error.type': 'tool_error',
        'aftertrace.tool.outcome': 'failed',
        'aftertrace.tool.failure.certainty': 'certain',
        'aftertrace.tool.failure.channel': 'result',
        'aftertrace.tool.failure.class': 'other',
        'aftertrace.tool.failure.rule': 'json.success_false',
        'aftertrace.judged_by': 'companion',
      },
    ],
    [
      'aftertrace.run.ended',
      {
        'gen_ai.agent.name': 'py',
        'aftertrace.run.outcome': expect.any(String) as unknown,
        'aftertrace.run.outcome.basis': expect.any(String) as unknown,
        'aftertrace.trajectory.id': expect.any(String) as unknown,
        'aftertrace.judged_by': 'companion',
      },
    ],
  ]);
  expect(emitter.metrics().map(({ name, points }) => [name, points.length])).toEqual([
    ['aftertrace.companion.runs.ended', 1],
    ['aftertrace.companion.tool.calls', 2],
    ['aftertrace.companion.runs.judged', 1],
  ]);
});

test('the error that a span names is told as it names it', async () => {
  const spans = foreign().map((span) =>
    span.id === 't1'
      ? { ...span, attributes: { ...span.attributes, 'error.type': 'CardDeclined' } }
      : span,
  );
  await pipeline.accept(acceptTraces(spans));
  await pipeline.flush({ all: true });
  const [first] = events();
  expect(first?.[1]).toMatchObject({ 'error.type': 'CardDeclined' });
});

test('telemetry that comes twice is told once', async () => {
  await pipeline.accept(acceptTraces(foreign()));
  await pipeline.accept(acceptTraces(foreign()));
  await pipeline.flush({ all: true });
  expect(events()).toHaveLength(2);
  expect(emitter.metrics().flatMap(({ points }) => [...points])).toMatchObject([
    { value: 1 },
    { value: 1 },
    { value: 1 },
    { value: 1 },
  ]);
});

test('a counted failure says how certain it is', async () => {
  await pipeline.accept(acceptTraces(foreign()));
  const [failed, ok] = emitter.metrics()[1]?.points ?? [];
  expect(failed?.attributes).toMatchObject({ 'aftertrace.tool.failure.certainty': 'certain' });
  expect(ok?.attributes).not.toHaveProperty('aftertrace.tool.failure.certainty');
});

test('what an agent of ours judged is its own to tell', async () => {
  const story = refundStory();
  await pipeline.accept(acceptTraces(story.spans));
  await pipeline.accept(acceptLogs(story.logs));
  await pipeline.flush({ all: true });
  expect(events()).toEqual([]);
  expect(emitter.metrics().map(({ points }) => points)).toEqual([
    [
      {
        attributes: {
          'gen_ai.agent.name': expect.any(String) as unknown,
          'aftertrace.run.outcome': expect.any(String) as unknown,
        },
        value: 1,
      },
    ],
    [],
    [],
  ]);
});

test('what a companion sent does not come in again', async () => {
  await pipeline.accept(acceptTraces(foreign()));
  await pipeline.flush({ all: true });
  const before = events().length;
  // eslint-disable-next-line unicorn/no-useless-spread -- more comes while it runs, if it is wrong
  for (const body of [...sent])
    await pipeline.accept({ signal: 'logs', encoding: 'protobuf', body, receivedAt: 1 });
  await pipeline.flush({ all: true });
  expect(events()).toHaveLength(before);
  expect(pipeline.stats()).toMatchObject({ ownRecords: 2, events: 0 });
});

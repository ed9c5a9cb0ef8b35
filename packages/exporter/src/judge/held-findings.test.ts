import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Finding } from '@aftertrace/schema';
import { afterEach, beforeEach, expect, test } from 'vitest';

import type { Pipeline } from '../pipeline-api.ts';
import { createPipeline } from '../pipeline.ts';
import { acceptTraces, type SpanInput } from '../testing/otlp-builder.ts';
import type { BuiltRun } from '../trajectory/build-trajectory.ts';
import type { FindingContext } from './findings.ts';
import { createFindingWaitingRoom, HELD_MILLIS } from './held-findings.ts';

let dataDir: string;
let pipeline: Pipeline;
let now: number;
let found: Finding[];

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'aftertrace-held-'));
  now = 0;
  found = [];
  pipeline = createPipeline({
    dataDir,
    now: () => now,
    onFinding: (finding) => void found.push(finding),
  });
  await pipeline.start();
});
afterEach(async () => {
  await pipeline.shutdown(1000);
  await rm(dataDir, { recursive: true });
});

const FAILED = '{"success": false, "error": "card expired"}';

/** As OpenInference tells it: the tool does not say whose it is. */
function openInferenceTool(trace: string): SpanInput {
  return {
    id: 'tool',
    parent: 'root',
    trace,
    name: 'refund',
    from: 1,
    to: 2,
    attributes: {
      'openinference.span.kind': 'TOOL',
      'tool.name': 'refund',
      'output.value': FAILED,
    },
  };
}

function openInferenceAgent(trace: string, name: string): SpanInput {
  const attributes = { 'openinference.span.kind': 'AGENT' };
  return { id: 'root', trace, name, from: 0, to: 3, attributes };
}

/** The same failure where each span says whose it is. */
function namedRun(trace: string, agent: string): SpanInput[] {
  const named = { 'gen_ai.agent.name': agent };
  const invoke = { ...named, 'gen_ai.operation.name': 'invoke_agent' };
  const tool = {
    ...named,
    'gen_ai.operation.name': 'execute_tool',
    'gen_ai.tool.name': 'refund',
    'gen_ai.tool.call.result': FAILED,
  };
  return [
    { id: 'tool', parent: 'root', trace, from: 1, to: 2, attributes: tool },
    { id: 'root', trace, from: 0, to: 3, attributes: invoke },
  ];
}

const trace = (digit: string): string => digit.repeat(32);
const take = (...spans: SpanInput[]): Promise<unknown> => pipeline.accept(acceptTraces(spans));

/** Whatever service the tests send as. */
async function serviceName(): Promise<string> {
  await take(openInferenceTool(trace('f')));
  now += HELD_MILLIS;
  await pipeline.flush();
  const agent = found.pop()?.agent ?? '';
  now = 0;
  return agent;
}

test('the same failure has the same fingerprint, whether the span of the tool names the agent or the run does', async () => {
  await take(...namedRun(trace('a'), 'support-agent'));
  await take(openInferenceTool(trace('b')));
  expect(found).toHaveLength(1);
  // Its agent's span comes in a later request, as it ends later.
  await take(openInferenceAgent(trace('b'), 'support-agent'));
  await pipeline.flush({ all: true });
  const failures = found.filter(({ kind }) => kind === 'tool_failure');
  expect(failures).toHaveLength(2);
  const [named, held] = failures;
  expect(held).toMatchObject({ agent: 'support-agent', summary: named?.summary });
  expect(held?.fingerprintParts).toEqual(named?.fingerprintParts);
});

test('a failure in a run that goes on is told by the name of the service, once', async () => {
  const service = await serviceName();
  expect(service).not.toBe('support-agent');
  found.length = 0;
  await take(openInferenceTool(trace('a')));
  now = HELD_MILLIS - 1;
  await pipeline.flush();
  expect(found).toEqual([]);
  now = HELD_MILLIS;
  await pipeline.flush();
  expect(found).toMatchObject([{ agent: service, tool: 'refund' }]);
  await take(openInferenceAgent(trace('a'), 'support-agent'));
  await pipeline.flush({ all: true });
  expect(found).toHaveLength(1);
});

test('and by the name of its agent where earlier runs told the only one that the service has', async () => {
  const service = await serviceName();
  await take(...namedRun(trace('a'), 'support-agent'));
  await pipeline.flush({ all: true });
  found.length = 0;
  await take(openInferenceTool(trace('b')));
  now += HELD_MILLIS;
  await pipeline.flush();
  expect(found.splice(0)).toMatchObject([{ agent: 'support-agent' }]);

  await take(...namedRun(trace('c'), 'billing-agent'));
  await pipeline.flush({ all: true });
  found.length = 0;
  await take(openInferenceTool(trace('d')));
  now += HELD_MILLIS;
  await pipeline.flush();
  expect(found).toMatchObject([{ agent: service }]);
});

test('nothing that waits is lost when there is no journal that has it', async () => {
  await take(openInferenceTool(trace('a')));
  await pipeline.shutdown(1000);
  expect(found).toMatchObject([{ kind: 'tool_failure', tool: 'refund' }]);
});

test('what waits is looked up with each call of a run once, however many traces it has', () => {
  const room = createFindingWaitingRoom();
  const context = { agent: 'service', traceId: 'trace 7', spanId: 'span 3' } as FindingContext;
  const told = { id: 'told' } as Finding;
  room.hold({ context, make: ({ agent }) => [{ ...told, agent }], heldAt: 0 });
  room.hold({
    context: { ...context, spanId: 'of another run' },
    make: () => [told],
    heldAt: 0,
  });
  let looks = 0;
  const calls = Array.from({ length: 50 }, (_, n) => ({
    get spanId() {
      looks += 1;
      return `span ${n}`;
    },
  }));
  const traceIds = Array.from({ length: 50 }, (_, n) => `trace ${n}`);
  const run = { calls, description: { agentName: 'support', traceIds } } as unknown as BuiltRun;
  expect(room.ofRun(run)).toEqual([{ id: 'told', agent: 'support' }]);
  expect(looks).toBe(50);
  expect(room.ofRun(run)).toEqual([]);
  expect(room.due(HELD_MILLIS)).toEqual([told]);
  expect(room.due(Infinity)).toEqual([]);
});

/**
 * Ingests recorded traces and compares every line with its file, by a reading of the file that shares no code with
 * the product. `node --conditions=@aftertrace/source test/corpus/check-traces.ts [FOLDER]`; exits 1 on a difference.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { createPipeline, readRecording } from '@aftertrace/exporter';

interface Json {
  readonly [key: string]: any; // eslint-disable-line typescript/no-explicit-any -- raw files, read as they are
}

interface ExpectedCall {
  readonly name: string;
  readonly args: unknown;
  /** `undefined`: the file has no result for it. */
  readonly result: string | undefined;
}

interface ExpectedModelCall {
  readonly text: string;
  readonly calls: readonly ExpectedCall[];
  readonly promptTokens: number | undefined;
  readonly completionTokens: number | undefined;
}

/** What the file says happened, in the terms of a trajectory. */
interface Expected {
  readonly agent: string;
  readonly model: string;
  readonly traceId: string;
  /** Every system and user message that some model call was given, each once. */
  readonly said: readonly string[];
  readonly modelCalls: readonly ExpectedModelCall[];
}

const folder = resolve(
  process.argv[2] ?? join(import.meta.dirname, '../../../shared/corpus/traces'),
);

// --- any-agent ---------------------------------------------------------------------------------------------------

function expectedOfAnyAgent(text: string): Expected {
  const spans: Json[] = (JSON.parse(text) as Json).spans;
  const byStart = spans.toSorted((a, b) => a.start_time - b.start_time);
  const operation = (span: Json): string => span.attributes['gen_ai.operation.name'];
  const root = spans.find((span) => operation(span) === 'invoke_agent');
  const tools = byStart.filter((span) => operation(span) === 'execute_tool');
  const models = byStart.filter((span) => operation(span) === 'call_llm');
  const decimal = /"trace_id": (\d{20,})/.exec(text)?.[1] ?? '0';
  return {
    agent: root?.attributes['gen_ai.agent.name'],
    model: root?.attributes['gen_ai.request.model'],
    traceId: BigInt(decimal).toString(16).padStart(32, '0'),
    said: models
      .flatMap((span) => JSON.parse(span.attributes['gen_ai.input.messages'] ?? '[]'))
      .map((message: Json) => message.content),
    modelCalls: models.map((span) => {
      const output: string = span.attributes['gen_ai.output'];
      const proposed = output.startsWith('[{"tool.name"') ? (JSON.parse(output) as Json[]) : [];
      return {
        text: proposed.length === 0 ? output : '',
        calls: proposed.map((call) => {
          const ran = tools.find(
            (tool) =>
              tool.attributes['gen_ai.tool.name'] === call['tool.name'] &&
              tool.start_time >= span.end_time,
          );
          return {
            name: call['tool.name'],
            args: JSON.parse(ran?.attributes['gen_ai.tool.args'] ?? 'null'),
            result: ran?.attributes['gen_ai.output'],
          };
        }),
        promptTokens: span.attributes['gen_ai.usage.input_tokens'],
        completionTokens: span.attributes['gen_ai.usage.output_tokens'],
      };
    }),
  };
}

// --- OpenInference as OTLP requests ------------------------------------------------------------------------------

interface FlatSpan {
  readonly name: string;
  readonly id: string;
  readonly parent: string | undefined;
  readonly start: bigint;
  readonly end: bigint;
  readonly traceId: string;
  readonly attributes: ReadonlyMap<string, string | number>;
}

function flatSpans(requests: readonly Json[]): FlatSpan[] {
  const spans = requests
    .flatMap((request) => request.resourceSpans)
    .flatMap((item: Json) => item.scopeSpans)
    .flatMap((item: Json) => item.spans);
  return spans
    .map((span: Json) => ({
      name: span.name,
      id: span.spanId,
      parent: span.parentSpanId,
      start: BigInt(span.startTimeUnixNano),
      end: BigInt(span.endTimeUnixNano),
      traceId: Buffer.from(span.traceId, 'base64').toString('hex'),
      attributes: new Map<string, string | number>(
        (span.attributes ?? []).map((item: Json) => [
          item.key,
          item.value.stringValue ?? Number(item.value.intValue),
        ]),
      ),
    }))
    .sort((a: FlatSpan, b: FlatSpan) => Number(a.start - b.start));
}

const kind = (span: FlatSpan): unknown => span.attributes.get('openinference.span.kind');
const text = (span: FlatSpan, key: string): string | undefined =>
  span.attributes.get(key) as string | undefined;

function messageTexts(span: FlatSpan): string[] {
  const said: string[] = [];
  for (let index = 0; span.attributes.has(`llm.input_messages.${index}.message.role`); index += 1) {
    const at = `llm.input_messages.${index}.message`;
    if (!['system', 'user'].includes(text(span, `${at}.role`) ?? '')) continue;
    said.push(
      text(span, `${at}.content`) ?? text(span, `${at}.contents.0.message_content.text`) ?? '',
    );
  }
  return said;
}

function expectedOfOpenInference(raw: string): Expected {
  const spans = flatSpans(JSON.parse(raw) as Json[]);
  const agents = spans.filter((span) => kind(span) === 'AGENT');
  const root =
    agents.find((span) => !agents.some((other) => other.id === span.parent)) ??
    spans.find((span) => span.parent === undefined);
  const models = spans.filter((span) => kind(span) === 'LLM');
  // Two instrumentations told of one call: the outer span of the two is the call.
  const calls = models.filter(
    (span) =>
      !models.some((other) => other !== span && other.start <= span.start && span.end <= other.end),
  );
  const tools = spans.filter((span) => kind(span) === 'TOOL');
  return {
    agent: root?.name ?? '',
    model: text(calls[0] as FlatSpan, 'llm.model_name') ?? '',
    traceId: spans[0]?.traceId ?? '',
    said: calls.flatMap(messageTexts),
    modelCalls: calls.map((span) => {
      const proposed: ExpectedCall[] = [];
      const at = 'llm.output_messages.0.message';
      for (
        let index = 0;
        span.attributes.has(`${at}.tool_calls.${index}.tool_call.function.name`);
        index += 1
      ) {
        const name = text(span, `${at}.tool_calls.${index}.tool_call.function.name`) ?? '';
        const ran = tools.find(
          (tool) => text(tool, 'tool.name') === name && tool.start >= span.start,
        );
        const args = text(span, `${at}.tool_calls.${index}.tool_call.function.arguments`) ?? '{}';
        proposed.push({ name, args: JSON.parse(args), result: ran && text(ran, 'output.value') });
      }
      return {
        text: text(span, `${at}.content`) ?? '',
        calls: proposed,
        promptTokens: span.attributes.get('llm.token_count.prompt') as number | undefined,
        completionTokens: span.attributes.get('llm.token_count.completion') as number | undefined,
      };
    }),
  };
}

// --- comparison --------------------------------------------------------------------------------------------------

function linesBelow(directory: string): Json[] {
  const files = readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.jsonl'),
  );
  return files.flatMap((name) =>
    readFileSync(join(directory, name), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Json),
  );
}

function actualModelCalls(line: Json): ExpectedModelCall[] {
  return line.steps
    .filter((step: Json) => step.source === 'agent' && step.is_copied_context !== true)
    .map((step: Json) => ({
      text: step.message,
      calls: (step.tool_calls ?? []).map((call: Json) => ({
        name: call.function_name,
        args: call.arguments,
        result: step.observation?.results.find(
          (result: Json) => result.source_call_id === call.tool_call_id,
        )?.content,
      })),
      promptTokens: step.metrics?.prompt_tokens,
      completionTokens: step.metrics?.completion_tokens,
    }));
}

function differences(line: Json, expected: Expected): string[] {
  const found: string[] = [];
  const same = (what: string, actual: unknown, wanted: unknown): void => {
    if (canonical(actual) !== canonical(wanted))
      found.push(
        `${what}: ${canonical(actual).slice(0, 160)} instead of ${canonical(wanted).slice(0, 160)}`,
      );
  };
  same('agent', line.agent.name, expected.agent);
  same('model', line.agent.model_name, expected.model);
  same('trace ids', line.extra.aftertrace.traceIds, [expected.traceId]);
  const said = line.steps
    .filter((step: Json) => step.source !== 'agent')
    .map((step: Json) => step.message);
  same('system and user messages', said.toSorted(), [...new Set(expected.said)].toSorted());
  same('model calls', actualModelCalls(line), expected.modelCalls);
  const sum = (pick: (call: ExpectedModelCall) => number | undefined): number | undefined => {
    const known = expected.modelCalls.map(pick).filter((value) => value !== undefined);
    return known.length === 0 ? undefined : known.reduce((total, value) => total + value, 0);
  };
  same(
    'prompt tokens',
    line.final_metrics.total_prompt_tokens,
    sum((call) => call.promptTokens),
  );
  same(
    'completion tokens',
    line.final_metrics.total_completion_tokens,
    sum((call) => call.completionTokens),
  );
  return found;
}

function canonical(value: unknown): string {
  const sorted = (_key: string, item: unknown): unknown =>
    typeof item === 'object' && item !== null && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
      : item;
  return JSON.stringify(value, sorted) ?? 'undefined';
}

async function linesOf(file: string): Promise<{ readonly lines: Json[]; readonly again: Json[] }> {
  const dataDir = mkdtempSync(join(tmpdir(), 'aftertrace-corpus-'));
  try {
    const ingest = async (): Promise<Json[]> => {
      const pipeline = createPipeline({ dataDir, config: { content: 'full' } });
      await pipeline.start();
      const recording = await readRecording(file);
      if (recording.kind === 'problem') throw new Error(`${file}: ${recording.problem.message}`);
      for (const { signal, body } of recording.requests) {
        await pipeline.accept({ signal, encoding: 'json', body, receivedAt: Date.now() });
      }
      await pipeline.flush({ all: true });
      await pipeline.shutdown();
      return linesBelow(join(dataDir, 'trajectories'));
    };
    return { lines: await ingest(), again: await ingest() };
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
}

let failed = 0;
const files = readdirSync(folder)
  .filter((name) => name.endsWith('.json') && name !== 'MANIFEST.json')
  .toSorted();
for (const name of files) {
  const raw = readFileSync(join(folder, name), 'utf8');
  const expected = raw.trimStart().startsWith('[')
    ? expectedOfOpenInference(raw)
    : expectedOfAnyAgent(raw);
  const { lines, again } = await linesOf(join(folder, name));
  const problems =
    lines.length === 1
      ? differences(lines[0] as Json, expected)
      : [`${lines.length} lines instead of 1`];
  if (canonical(again) !== canonical(lines)) problems.push('a second ingest changed the files');
  const tools = expected.modelCalls.flatMap((call) => call.calls);
  const row = [
    problems.length === 0 ? 'ok  ' : 'FAIL',
    name.replace(/^.*__/, '').padEnd(34),
    expected.agent.padEnd(14),
    expected.model.padEnd(30),
    `${lines[0]?.steps.length ?? 0} steps`.padEnd(9),
    `${expected.modelCalls.length} model calls`.padEnd(14),
    `${tools.length} tools`.padEnd(8),
    `${lines[0]?.final_metrics.total_prompt_tokens ?? '-'}/${lines[0]?.final_metrics.total_completion_tokens ?? '-'} tokens`,
  ];
  console.log(row.join(' '));
  for (const problem of problems) console.log(`       ${problem}`);
  failed += problems.length === 0 ? 0 : 1;
}
console.log(`${files.length - failed} files as recorded, ${failed} not`);
if (failed > 0 || files.length === 0) process.exitCode = 1;

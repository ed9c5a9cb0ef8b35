import type { FrameworkUnderTest, ScenarioName } from '../framework-under-test.ts';
import type { RecordedEvent, RecordedSpan, ScenarioRecord } from '../recorded.ts';
import {
  callId,
  SCENARIOS,
  SUB_AGENT,
  type CallExpectation,
  type Scenario,
  type ScriptedCall,
} from '../scenarios.ts';
import type { CellRun } from './cell.ts';
import type { McpCall } from './mcp-server.ts';
import type { ModelRequest } from './provider-server.ts';

/** What one scenario left, wherever it left it. */
interface Traces {
  readonly framework: FrameworkUnderTest;
  /** The framework rejects here, where others let the model go on. */
  readonly dies: boolean;
  readonly scenario: Scenario;
  readonly record: ScenarioRecord;
  readonly spans: readonly RecordedSpan[];
  readonly events: readonly RecordedEvent[];
  readonly requests: readonly ModelRequest[];
  /** Calls that reached the MCP server. */
  readonly mcpCalls: readonly McpCall[];
  readonly evidence: readonly string[];
}

/** A call of the script and what must be true of it. */
interface Expected {
  readonly call: ScriptedCall;
  readonly id: string;
  readonly key: string;
  readonly expectation: CallExpectation;
}

/** What is wrong with a scenario, in plain words; empty where all is as it must be. */
export function problemsOf(run: CellRun, name: ScenarioName): readonly string[] {
  const scenario = SCENARIOS.find((one) => one.name === name);
  const record = run.result?.scenarios[name];
  if (scenario === undefined || record === undefined) return ['it did not run'];
  const { framework, install } = run.cell;
  const mine = <T extends { readonly scenario: string }>(list: readonly T[] = []): readonly T[] =>
    list.filter((one) => one.scenario === name);
  const spans = mine(run.result?.spans);
  const traceIds = new Set(spans.map(({ traceId }) => traceId));
  const traces: Traces = {
    framework,
    dies: [...(framework.dies ?? []), ...(install.dies ?? [])].includes(name),
    scenario,
    record,
    spans,
    // An event outside of any scenario's code still stands in a trace.
    events: (run.result?.events ?? []).filter(
      (event) => event.scenario === name || traceIds.has(event.traceId ?? ''),
    ),
    requests: run.requests.filter(({ key }) => key.split('>')[0] === name),
    // Each of its tools is called in one scenario.
    mcpCalls: run.mcpCalls.filter(({ tool }) => scenario.mcp && scenario.tools.includes(tool)),
    evidence: run.evidence.map((one) => JSON.stringify(one)),
  };
  const expected = expectedOf(scenario);
  return [
    ...checkAnswer(traces),
    ...checkRan(traces, expected),
    ...expected.flatMap((one) => [...checkCall(traces, one), ...checkSeen(traces, one)]),
    ...checkDoubles(traces, expected),
    ...checkPropagation(traces),
    ...checkAgents(traces),
    ...checkRunEvents(traces),
    ...checkModelCalls(traces),
    ...(run.code === 0 ? [] : [`its process ended with ${run.code ?? 'a signal'}`]),
  ];
}

function expectedOf(scenario: Scenario): readonly Expected[] {
  const list = (
    key: string,
    turns: Scenario['turns'],
    calls: readonly CallExpectation[],
  ): readonly Expected[] => {
    const made = turns.flatMap((turn, at) =>
      turn.map((call, index) => ({ call, id: callId(key, at, index) })),
    );
    return made.flatMap(({ call, id }, index) => {
      const expectation = calls[index];
      return expectation === undefined ? [] : [{ call, id, key, expectation }];
    });
  };
  const own = list(scenario.name, scenario.turns, scenario.calls);
  if (scenario.name !== 'sub-agent') return own;
  return [...own, ...list(SUB_AGENT.key, SUB_AGENT.turns, SUB_AGENT.calls)];
}

/** The agent's own answer: a text after the last turn, unless the framework rejects or the run was stopped. */
function checkAnswer({ dies, scenario, record }: Traces): readonly string[] {
  const { text, error } = record;
  if (dies) return error === undefined ? [`it was to reject, and answered ${show(text)}`] : [];
  if (scenario.terminated) {
    return text?.includes('done') === true ? [`it was killed, and answered ${show(text)}`] : [];
  }
  if (error !== undefined) return [`it rejected: ${error.name}: ${error.message}`];
  return text?.includes(`done ${scenario.name}`) === true ? [] : [`it answered ${show(text)}`];
}

/** What really ran, each tool with its arguments, once. */
function checkRan({ record, mcpCalls }: Traces, expected: readonly Expected[]): readonly string[] {
  const wanted = expected
    .filter(({ expectation }) => expectation.ran !== undefined)
    .map(({ call, expectation }) => canonical([call.tool, expectation.ran]));
  const got = [...record.ran, ...mcpCalls].map((one) => canonical([one.tool, one.arguments]));
  return [
    ...without(wanted, got).map((one) => `did not run: ${one}`),
    ...without(got, wanted).map((one) => `ran: ${one}`),
  ];
}

function checkCall(traces: Traces, { call, id, expectation }: Expected): readonly string[] {
  const of = `${call.tool}:`;
  const spans = toolSpans(traces.spans).filter((span) => isOf(span, call, id));
  const [span] = spans;
  if (span === undefined || spans.length > 1) return [`${of} ${spans.length} execute_tool spans`];
  const { attributes: at } = span;
  const problems: string[] = [];
  const expect = (what: string, got: unknown, wanted: unknown): void => {
    if (got !== wanted) problems.push(`${of} ${what} is ${show(got)}, not ${show(wanted)}`);
  };
  const { framework, scenario } = traces;
  const isLikely = framework.toldInProse?.includes(scenario.name) === true;
  const isError = expectation.isError === true && !isLikely;
  const isTheirOk =
    framework.closesAsOk === true && span.status === 1 && !span.scope.startsWith('@aftertrace');
  expect('outcome', at['aftertrace.tool.outcome'], expectation.outcome);
  if (expectation.outcome === 'failed') {
    const certainty = isLikely ? 'likely' : 'certain';
    expect('certainty', at['aftertrace.tool.failure.certainty'], certainty);
  }
  expect('ERROR status', span.status === 2, isError && !isTheirOk);
  expect('error.type is there', at['error.type'] !== undefined, isError);
  expect('run id is there', typeof at['aftertrace.run.id'], 'string');
  const { decision, override } = expectation;
  if (decision !== undefined) {
    expect('decision.verdict', at['aftertrace.decision.verdict'], decision.verdict);
    expect('decision.rule', at['aftertrace.decision.rule'], decision.rule);
    // Of what a person was asked about, the override tells.
    if (override === undefined)
      expect(
        'decision.executed',
        at['aftertrace.decision.executed'] !== false,
        expectation.ran !== undefined,
      );
    problems.push(...checkDecision(traces, { call, id, decision }));
  }
  if (override !== undefined) {
    expect('override.decision', at['aftertrace.override.decision'], override.decision);
    expect('override.kind', at['aftertrace.override.kind'], override.kind);
    problems.push(...checkOverride(traces, call, override));
  }
  const events = ofCall(traces.events, call, id, 'aftertrace.tool.outcome');
  expect('outcome events', events.length, expectation.outcome === 'ok' ? 0 : 1);
  if (expectation.outcome === 'denied' && span.scope.startsWith('@aftertrace')) {
    expect('length of a denied call', BigInt(span.endNano) - BigInt(span.startNano), 0n);
  }
  return problems;
}

function checkDecision(
  { events, evidence }: Traces,
  { call, id, decision }: Pick<Expected, 'call' | 'id'> & { decision: { rule?: string } },
): readonly string[] {
  const told = ofCall(events, call, id, 'aftertrace.tool.decision');
  const proven = evidence.some(
    (one) => one.includes('"type":"decision"') && one.includes(`"${decision.rule ?? ''}"`),
  );
  return [
    ...(told.length === 0 ? [`${call.tool}: no decision event`] : []),
    ...(proven ? [] : [`${call.tool}: no decision in the evidence`]),
  ];
}

function checkOverride(
  { events, evidence }: Traces,
  call: ScriptedCall,
  override: NonNullable<CallExpectation['override']>,
): readonly string[] {
  const told = events.filter(({ name }) => name === 'aftertrace.override');
  const proven = evidence.some(
    (one) =>
      one.includes('"type":"override"') &&
      one.includes(`"decision":"${override.decision}"`) &&
      one.includes(`"tool":"${call.tool}"`),
  );
  // What was asked by the companion is recorded there, and not handed back to it.
  const needsProof = call.tool === 'delete_order';
  return [
    ...(told.length === 0 ? [`${call.tool}: no override event`] : []),
    ...(needsProof && !proven ? [`${call.tool}: no override in the evidence`] : []),
  ];
}

/** What the model was shown, in the requests that the provider got. */
function checkSeen({ dies, scenario, requests }: Traces, one: Expected): readonly string[] {
  const { call, id, key, expectation } = one;
  if (scenario.terminated || dies) return [];
  const shown = requests
    .filter((request) => request.key === key)
    .at(-1)
    ?.results.get(id);
  if (shown === undefined) return [`${call.tool}: the model was shown no result`];
  return [
    ...(expectation.seen ?? [])
      .filter((text) => !shown.includes(text))
      .map((text) => `${call.tool}: the model was not shown ${show(text)} but ${show(shown)}`),
    ...(expectation.hidden ?? [])
      .filter((text) => shown.includes(text))
      .map((text) => `${call.tool}: the model was shown ${show(text)}`),
  ];
}

/** The server gets the trace context of the tool's span, so that its own spans hang below it. */
function checkPropagation({ mcpCalls, spans }: Traces): readonly string[] {
  return mcpCalls.flatMap(({ tool, meta }) => {
    const parent = String(meta?.['traceparent']).split('-')[2];
    const isTool = toolSpans(spans).some(({ spanId }) => spanId === parent);
    return isTool ? [] : [`${tool}: _meta.traceparent is ${show(meta?.['traceparent'])}`];
  });
}

/** No span of a tool beside those of the script. */
function checkDoubles({ spans }: Traces, expected: readonly Expected[]): readonly string[] {
  return toolSpans(spans)
    .filter((span) => !expected.some(({ call, id }) => isOf(span, call, id)))
    .map(
      (span) => `a span of no call: ${span.name} (${show(span.attributes['gen_ai.tool.call.id'])})`,
    );
}

/** How often the agent is invoked: once more where a person's answer comes with a call of its own. */
function invocationsOf({ asksWithin }: FrameworkUnderTest, { invocations }: Scenario): number {
  return asksWithin === true ? 1 : invocations;
}

/** Every invocation has its span; tools and model calls stand below one, in its trace. */
function checkAgents({ framework, scenario, spans, record }: Traces): readonly string[] {
  const agents = operations(spans, 'invoke_agent').filter(
    (span) => !isLoopSpan(framework, span, spans),
  );
  const wanted = invocationsOf(framework, scenario) + (scenario.name === 'sub-agent' ? 1 : 0);
  const problems: string[] = [];
  if (agents.length !== wanted) problems.push(`${agents.length} agent spans, not ${wanted}`);
  const name = framework.agentName ?? scenario.agent;
  if (!agents.some((span) => span.attributes['gen_ai.agent.name'] === name)) {
    problems.push(`no span of agent ${name}`);
  }
  const failed = agents.filter(({ status }) => status === 2);
  if (failed.length > 0 && record.error === undefined)
    problems.push('an agent that went on has ERROR');
  const byId = new Map(spans.map((span) => [span.spanId, span]));
  for (const span of [...toolSpans(spans), ...operations(spans, 'chat')]) {
    let above: RecordedSpan | undefined = span;
    while (above !== undefined && operation(above) !== 'invoke_agent') {
      above = byId.get(above.parentSpanId ?? '');
    }
    if (above === undefined) problems.push(`${span.name} is below no agent`);
  }
  return problems;
}

/** The framework's own span of what `withAgent` has a span of. */
function isLoopSpan(
  { hasLoopSpan }: FrameworkUnderTest,
  { scope, parentSpanId }: RecordedSpan,
  spans: readonly RecordedSpan[],
): boolean {
  if (hasLoopSpan !== true || scope.startsWith('@aftertrace')) return false;
  return operations(spans, 'invoke_agent').some(({ spanId }) => spanId === parentSpanId);
}

function checkRunEvents({ framework, scenario, events, dies }: Traces): readonly string[] {
  const count = (name: string): number => events.filter((event) => event.name === name).length;
  const problems: string[] = [];
  for (const name of ['aftertrace.run.started', 'aftertrace.run.ended']) {
    const found = count(name);
    const wanted = invocationsOf(framework, scenario);
    if (found !== wanted) problems.push(`${found} × ${name}, not ${wanted}`);
  }
  const ended = events.filter(({ name }) => name === 'aftertrace.run.ended');
  const terminated = ended.filter(
    (event) => event.attributes['aftertrace.run.outcome'] === 'terminated',
  );
  if (scenario.terminated !== terminated.length > 0) {
    problems.push(scenario.terminated ? 'the run is not terminated' : 'the run is terminated');
  }
  if (!dies && ended.some((event) => event.attributes['error.type'] !== undefined)) {
    problems.push('the run ended with an error');
  }
  return problems;
}

/** One chat span for each request that the provider got. */
function checkModelCalls({ framework, spans, requests }: Traces): readonly string[] {
  if (framework.noChatSpans !== undefined) return [];
  const chats = operations(spans, 'chat');
  const problems: string[] = [];
  if (chats.length !== requests.length) {
    problems.push(`${chats.length} chat spans of ${requests.length} model calls`);
  }
  if (chats.some((span) => span.attributes['gen_ai.request.model'] === undefined)) {
    problems.push('a chat span without a model');
  }
  return problems;
}

function toolSpans(spans: readonly RecordedSpan[]): readonly RecordedSpan[] {
  return operations(spans, 'execute_tool');
}

function operations(spans: readonly RecordedSpan[], wanted: string): readonly RecordedSpan[] {
  return spans.filter((span) => operation(span) === wanted);
}

function operation({ attributes }: RecordedSpan): unknown {
  return attributes['gen_ai.operation.name'];
}

/** By the call's id; a layer that does not know the id (MCP) tells the tool. */
function isOf(span: RecordedSpan, call: ScriptedCall, id: string): boolean {
  const known = span.attributes['gen_ai.tool.call.id'];
  if (known !== undefined) return known === id;
  return String(span.attributes['gen_ai.tool.name']).endsWith(call.tool);
}

function ofCall(
  events: readonly RecordedEvent[],
  call: ScriptedCall,
  id: string,
  name: string,
): readonly RecordedEvent[] {
  return events.filter((event) => {
    if (event.name !== name) return false;
    const known = event.attributes['gen_ai.tool.call.id'];
    return known === undefined
      ? String(event.attributes['gen_ai.tool.name']).endsWith(call.tool)
      : known === id;
  });
}

/** The first list without the elements of the second, each as often as it is there. */
function without(list: readonly string[], others: readonly string[]): readonly string[] {
  const left = [...others];
  return list.filter((one) => {
    const at = left.indexOf(one);
    if (at === -1) return true;
    left.splice(at, 1);
    return false;
  });
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

function show(value: unknown): string {
  if (typeof value === 'bigint') return String(value);
  return (JSON.stringify(value) ?? 'undefined').slice(0, 300);
}

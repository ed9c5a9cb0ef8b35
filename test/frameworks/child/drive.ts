/** Runs in the child: sets the framework up and puts it through the scenarios, one after the other. */
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';

import type {
  Agent,
  Ask,
  FrameworkUnderTest,
  ScenarioName,
  TestTool,
  World,
} from '../framework-under-test.ts';
import type { ChildResult, RanTool, ScenarioRecord } from '../recorded.ts';
import { promptOf, SCENARIOS, SUB_AGENT, type Scenario } from '../scenarios.ts';
import { currentScenario, recordedEvents, recordedSpans } from './record.ts';
import { endSlowWork, makeTool } from './tools.ts';

/** What the parent asks for, in one environment variable. */
export interface DriveOptions {
  /** URL of the framework's file. */
  readonly framework: string;
  readonly scenarios: readonly ScenarioName[];
  readonly server: string;
  readonly mcpServer: string;
  readonly version: string;
  readonly format: 'esm' | 'cjs';
  /** File that gets the result. */
  readonly result: string;
}

/** Called by the entry in the install's folder, with its own `import` or `require`. */
export async function drive(load: (specifier: string) => unknown): Promise<void> {
  const options = JSON.parse(process.env['AFTERTRACE_TEST_DRIVE'] ?? '') as DriveOptions;
  const { framework } = (await import(options.framework)) as { framework: FrameworkUnderTest };
  const { server, mcpServer, version, format } = options;
  const world: World = {
    server,
    mcpServer,
    version,
    format,
    load: async <Module>(specifier: string) => (await load(specifier)) as Module,
  };
  const agent = await framework.open(world);
  await once(process, 'message');
  const scenarios: Record<string, ScenarioRecord> = {};
  for (const scenario of SCENARIOS) {
    if (!options.scenarios.includes(scenario.name)) continue;
    scenarios[scenario.name] = await currentScenario.run(scenario.name, () =>
      play(agent, scenario),
    );
  }
  endSlowWork();
  await agent.close?.();
  const result: ChildResult = { scenarios, spans: recordedSpans, events: recordedEvents };
  writeFileSync(options.result, JSON.stringify(result));
}

async function play(agent: Agent, scenario: Scenario): Promise<ScenarioRecord> {
  const ran: RanTool[] = [];
  const startedAt = performance.now();
  const ask: Ask = {
    scenario: scenario.name,
    agent: scenario.agent,
    prompt: promptOf(scenario.name),
    stream: scenario.stream,
    // Those of the MCP server are its own.
    tools: (scenario.mcp ? [] : scenario.tools).map((name) =>
      name === 'ask_researcher' ? subAgent(agent, scenario, ran) : makeTool(name, ran),
    ),
    mcp: scenario.mcp,
    answer: scenario.answer,
  };
  let text: string | undefined;
  let error: ScenarioRecord['error'];
  try {
    text = await agent.run(ask);
  } catch (thrown) {
    error = describe(thrown);
  }
  // What ends with a stream's last callbacks ends now.
  for (let turn = 0; turn < 20; turn += 1) await nextTurn();
  return { text, error, ran, millis: Math.round(performance.now() - startedAt) };
}

/** A tool that asks another agent, as people write it. */
function subAgent(agent: Agent, scenario: Scenario, ran: RanTool[]): TestTool {
  return makeTool('ask_researcher', ran, () =>
    agent.run({
      scenario: scenario.name,
      agent: SUB_AGENT.name,
      prompt: promptOf(SUB_AGENT.key),
      stream: false,
      tools: SUB_AGENT.tools.map((name) => makeTool(name, ran)),
      mcp: false,
      answer: undefined,
    }),
  );
}

function describe(thrown: unknown): NonNullable<ScenarioRecord['error']> {
  if (!(thrown instanceof Error)) return { name: typeof thrown, message: String(thrown) };
  const { name, message, code } = thrown as Error & { readonly code?: unknown };
  return { name, message: message.slice(0, 500), code };
}

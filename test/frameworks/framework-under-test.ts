/** What a framework's file says, and what the harness hands to it. Types only: the files run in the child process too. */

/** Every scenario, in the order in which they run. `kill` is the last: what it stops stays stopped. */
export type ScenarioName =
  | 'success'
  | 'throw'
  | 'soft-failure'
  | 'unknown-tool'
  | 'block'
  | 'redact'
  | 'transform'
  | 'escalate-approve'
  | 'escalate-edit'
  | 'escalate-reject'
  | 'quarantine'
  | 'parallel'
  | 'streaming'
  | 'streaming-block'
  | 'sub-agent'
  | 'own-approve'
  | 'own-edit'
  | 'own-reject'
  | 'mcp'
  | 'mcp-error'
  | 'mcp-block'
  | 'kill'
  | 'streaming-kill';

/** One install: a folder of `installs/`. */
export interface Install {
  readonly folder: string;
  /** How this version can be loaded. */
  readonly formats: readonly Format[];
  /** Scenarios that only this version lacks, with the reason. */
  readonly lacks?: Partial<Record<ScenarioName, string>>;
  /** Scenarios in which only this version rejects. */
  readonly dies?: readonly ScenarioName[];
}

export type Format = 'esm' | 'cjs';

/** A framework, as its file in `frameworks/` exports it, as `framework`. */
export interface FrameworkUnderTest {
  /** Part of the command line: `--only ai`. */
  readonly name: string;
  /** npm package whose version names the row. */
  readonly package: string;
  readonly installs: readonly Install[];
  /** Scenarios that it cannot have, each with the reason: they stand in the generated table. */
  readonly lacks: Partial<Record<ScenarioName, string>>;
  /** Scenarios in which it rejects instead of letting the model go on; what was judged must hold all the same. */
  readonly dies?: readonly ScenarioName[];
  /** `gen_ai.agent.name` where the framework does not take the one that the scenario gives. */
  readonly agentName?: string;
  /** Where it asks a person itself, it does so within the invocation, which goes on with the answer. */
  readonly asksWithin?: boolean;
  /** Its model calls make no `chat` spans, with the reason. */
  readonly noChatSpans?: string;
  /** Its own telemetry has a span of its loop, below the one that `withAgent` opens; a version without has none. */
  readonly hasLoopSpan?: boolean;
  /** Its own telemetry closes the span of a call that gave a result as OK, whatever the result says. */
  readonly closesAsOk?: boolean;
  /** Scenarios in which the model is told of a failure in prose alone: it is likely, and the span has no ERROR. */
  readonly toldInProse?: readonly ScenarioName[];
  /** Loads the framework and sets it up, once a process. */
  open(world: World): Promise<Agent>;
}

/** What there is around a framework. */
export interface World {
  /** Loads a module of the install: by `import` in ESM cells, by `require` in CJS cells. */
  load<Module>(specifier: string): Promise<Module>;
  /** Base address of the provider server, without a path: append `/v1` where the client wants it. */
  readonly server: string;
  /** An MCP server, streamable HTTP, with the tools `mcp_lookup`, `mcp_fail`, `mcp_refund`. */
  readonly mcpServer: string;
  /** Exact version of the framework's package. */
  readonly version: string;
  readonly format: Format;
}

/** The framework, set up. */
export interface Agent {
  /** Builds an agent with these tools in the framework's idiom and asks it; the text of the last answer. Rejects as the framework does. */
  run(ask: Ask): Promise<string>;
  /** After the last scenario. */
  close?(): Promise<void>;
}

/** One question to an agent. */
export interface Ask {
  readonly scenario: ScenarioName;
  /** Name for the agent. */
  readonly agent: string;
  /** To be sent as the user's message, as it is: the provider server finds its script by it. */
  readonly prompt: string;
  readonly stream: boolean;
  readonly tools: readonly TestTool[];
  /** Offer the tools of `world.mcpServer` instead. */
  readonly mcp: boolean;
  /** A person's answer where the framework itself asks (tools with `needsApproval`). */
  readonly answer: OwnAnswer | undefined;
}

/** What a person answers in the framework's own approval flow. */
export interface OwnAnswer {
  readonly decision: 'approve' | 'edit' | 'reject';
  readonly actor: string;
  readonly reason: string;
  /** With `edit`: the arguments that the call is to be made with. */
  readonly arguments: ToolArguments;
}

/** What every tool of the scenarios takes: two texts. */
export interface ToolArguments {
  readonly order: string;
  readonly note: string;
}

/** A tool, to be declared in the framework's idiom. */
export interface TestTool {
  readonly name: string;
  readonly description: string;
  /** JSON Schema of `ToolArguments`. */
  readonly parameters: JsonSchema;
  /** The framework is to ask before it calls this one. */
  readonly needsApproval: boolean;
  /** What the tool does; gives a value or a promise, or throws. Pass the framework's signal on where it has one. */
  readonly run: (args: unknown, signal?: AbortSignal) => unknown;
}

export interface JsonSchema {
  readonly type: 'object';
  readonly properties: Readonly<Record<string, { readonly type: 'string' }>>;
  readonly required: readonly string[];
  readonly additionalProperties: false;
}

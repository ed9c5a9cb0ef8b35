/** A call that the model asks for. */
export interface ScriptedCall {
  readonly tool: string;
  readonly arguments: object;
}

/** What the model says to one agent. */
export interface Script {
  /** Words of that agent's prompt, by which its requests are known; without it, every request is its. */
  readonly about?: string;
  /** What it asks for, turn by turn. */
  readonly turns: readonly (readonly ScriptedCall[])[];
  /** Its last word, which can quote what it was shown. */
  readonly last: (results: readonly string[]) => string;
}

/** What became of a tool call, as the line of its run tells it. */
export interface ExpectedCall {
  readonly tool: string;
  readonly outcome: 'ok' | 'failed' | 'empty' | 'denied' | 'cancelled';
  /** Rule of the failure. */
  readonly rule?: string;
  /** What policy or a person decided about it. */
  readonly decision?: { readonly verdict: string; readonly rule: string };
}

/** What an agent did in a run. */
export interface ExpectedAgent {
  readonly agent: string;
  /** Its calls, in their order; those of sub-agents are in their own runs. */
  readonly calls: readonly ExpectedCall[];
  /** Runs of agents inside of it. */
  readonly inside?: readonly ExpectedAgent[];
}

/** A run's line. */
export interface ExpectedRun extends ExpectedAgent {
  /** Its file: `success/`, `failure/` or `unresolved/`. */
  readonly file: 'success' | 'failure' | 'unresolved';
  /** What persons said. */
  readonly overrides?: readonly string[];
}

/** What a run of an app is to look like. */
export interface Expected {
  /** What it says, in parts. */
  readonly says: readonly string[];
  /** What it must not say. */
  readonly saysNot?: readonly string[];
  readonly exitCode?: number;
  readonly runs: readonly ExpectedRun[];
}

/** A tool of Claude Code. */
export interface BuiltInTool {
  readonly name: string;
  /** Whether Claude Code asks before it runs. */
  readonly needsApproval: boolean;
  /** What it gives. A throw is an error of the tool. */
  readonly answer: (input: Readonly<Record<string, unknown>>) => unknown;
}

/** An application of the folder, and what its README says about it. */
export interface ExampleApp {
  readonly file: string;
  readonly scripts: readonly Script[];
  /** Beside what the folder's apps have in common. */
  readonly env?: Readonly<Record<string, string>>;
  /** What is typed. */
  readonly input?: string;
  /** Tools of a program that the app starts, where tests have another in its place. */
  readonly builtIn?: readonly BuiltInTool[];
  /** While nothing is in force. */
  readonly open: Expected;
  /** Under the folder's policy. */
  readonly governed: Expected;
  /** The answer of the person who is asked, by tool. */
  readonly answers?: Readonly<Record<string, 'approve' | 'reject'>>;
}

/** A folder of `examples/frameworks`. */
export interface ExampleFolder {
  readonly folder: string;
  /** How the apps find their provider, given the address of a server of the loopback. */
  readonly env: (server: string) => Readonly<Record<string, string>>;
  readonly apps: readonly ExampleApp[];
}

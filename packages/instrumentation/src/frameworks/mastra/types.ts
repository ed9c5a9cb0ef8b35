/**
 * The parts of `@mastra/core` 1 that are read here. Everything is optional or checked: what a later version leaves out must
 * make telemetry poorer, never a call fail.
 */

/** Any bag of fields. */
export type Fields = Readonly<Record<string, unknown>>;

/** An agent. */
export interface Agent {
  readonly id?: unknown;
  readonly name?: unknown;
  getDefaultOptions?(about: object): unknown;
}

/** What an agent is asked with. */
export interface AskOptions extends Fields {
  readonly abortSignal?: AbortSignal | undefined;
  readonly memory?: { readonly thread?: unknown; readonly resource?: unknown } | undefined;
  readonly requestContext?: unknown;
  readonly onFinish?: unknown;
}

/** A tool in the form in which the agent's loop calls it. */
export interface CoreTool {
  readonly description?: unknown;
  readonly execute?: (input: unknown, context?: ToolContext) => unknown;
}

/** What a tool is called with besides its arguments. */
export interface ToolContext {
  readonly toolCallId?: unknown;
  readonly abortSignal?: AbortSignal | undefined;
  readonly suspend?: ((...args: unknown[]) => unknown) | undefined;
}

/** What the step that calls a tool is run with. */
export interface StepContext {
  readonly inputData?: {
    readonly toolName?: unknown;
    readonly toolCallId?: unknown;
    readonly args?: unknown;
  };
  /** What it goes on with after a pause. */
  readonly resumeData?: unknown;
  readonly suspendData?: unknown;
  readonly requestContext?: unknown;
}

/** The fields of a value that may be anything. */
export function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

/** The text, where it is one and says something. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value : undefined;
}

/**
 * The parts of `@google/adk` that are read here, as 1.1 to 1.6 and 2 have them. Everything is optional or checked: what a
 * later version leaves out must make telemetry poorer, never a call fail.
 */

/** Any bag of fields. */
export type Fields = Readonly<Record<string, unknown>>;

/** A tool. */
export interface Tool {
  readonly name?: unknown;
  readonly description?: unknown;
  readonly runAsync?: (request: ToolRequest) => unknown;
}

/** What a tool is run with. */
export interface ToolRequest {
  readonly args?: unknown;
  readonly toolContext?: ToolContext;
}

/** What a tool knows of its call. */
export interface ToolContext {
  readonly functionCallId?: unknown;
  readonly invocationContext?: InvocationContext;
  /** A person's answer, where the call goes on after a question. */
  readonly toolConfirmation?: Confirmation | undefined;
  readonly actions?: { readonly requestedToolConfirmations?: Fields };
}

/** What a person answered. */
export interface Confirmation {
  readonly confirmed?: unknown;
  readonly payload?: unknown;
}

/** One invocation of an agent. */
export interface InvocationContext {
  readonly session?: { readonly id?: unknown; readonly userId?: unknown; readonly state?: unknown };
  abortSignal?: AbortSignal | undefined;
}

/** The fields of a value that may be anything. */
export function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

/** The text, where it is one and says something. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value : undefined;
}

/**
 * The parts of the Claude Agent SDK that are read here. Everything is optional or checked: what a later version leaves out
 * must make telemetry poorer, never a call fail.
 */

/** What `query` is called with. */
export interface QueryParams {
  readonly prompt?: unknown;
  readonly options?: Options | undefined;
}

/** Options of a query, as far as they are changed here. */
export interface Options {
  readonly hooks?: Readonly<Record<string, readonly HookMatcher[] | undefined>> | undefined;
  readonly canUseTool?: CanUseTool | undefined;
  readonly abortController?: AbortController | undefined;
  readonly allowedTools?: readonly unknown[] | undefined;
  readonly agent?: unknown;
  readonly model?: unknown;
  readonly resume?: unknown;
  readonly sessionId?: unknown;
}

/** Hooks of one event. */
export interface HookMatcher {
  readonly matcher?: string;
  readonly hooks: readonly Hook[];
  /** Seconds after which Claude Code goes on without an answer. */
  readonly timeout?: number;
}

/** A hook; what it returns tells Claude Code what to do. */
export type Hook = (input: HookInput) => Promise<HookOutput>;

/** What a hook is told. */
export interface HookInput {
  readonly hook_event_name?: unknown;
  readonly session_id?: unknown;
  readonly permission_mode?: unknown;
  /** Of a sub-agent; absent in the main one. */
  readonly agent_id?: unknown;
  readonly agent_type?: unknown;
  readonly tool_name?: unknown;
  readonly tool_input?: unknown;
  readonly tool_use_id?: unknown;
  readonly tool_response?: unknown;
  readonly error?: unknown;
  readonly is_interrupt?: unknown;
}

/** What a hook answers. */
export interface HookOutput {
  readonly decision?: 'block';
  readonly reason?: string;
  readonly hookSpecificOutput?: Readonly<Record<string, unknown>>;
}

/** The application's own answer to a call that needs permission. */
export type CanUseTool = (
  tool: string,
  input: Readonly<Record<string, unknown>>,
  options: PermissionOptions,
) => Promise<PermissionResult>;

/** What the application is told of a call that needs permission. */
export interface PermissionOptions {
  readonly toolUseID?: unknown;
  readonly agentID?: unknown;
}

/** The application's answer. */
export interface PermissionResult {
  readonly behavior?: unknown;
  readonly updatedInput?: unknown;
  readonly message?: unknown;
  /** Ours: who answered, as an id or `{id, name?, role?}`. Claude Code does not get to see it. */
  readonly approver?: unknown;
  /** Ours: why. Claude Code does not get to see it. */
  readonly reason?: unknown;
}

/** A query: a generator of messages that can be controlled. */
export interface Query extends AsyncGenerator<SdkMessage, void> {
  close?: () => unknown;
}

/** A process that is started before its query is known. */
export interface Warm {
  query?: (...args: unknown[]) => Query;
  claim?: (...args: unknown[]) => Query;
}

/** A message of Claude Code. */
export interface SdkMessage {
  readonly type?: unknown;
  readonly subtype?: unknown;
  readonly session_id?: unknown;
  readonly model?: unknown;
  readonly is_error?: unknown;
  /** Of a sub-agent. */
  readonly parent_tool_use_id?: unknown;
  readonly message?: { readonly id?: unknown; readonly content?: unknown } | undefined;
  readonly usage?:
    | { readonly input_tokens?: unknown; readonly output_tokens?: unknown }
    | undefined;
}

/** A part of a message. */
export interface Block {
  readonly type?: unknown;
  readonly id?: unknown;
  readonly name?: unknown;
  readonly input?: unknown;
  readonly tool_use_id?: unknown;
  readonly content?: unknown;
  readonly is_error?: unknown;
}

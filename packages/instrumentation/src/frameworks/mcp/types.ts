/**
 * The parts of MCP clients that are read here, as `@modelcontextprotocol/sdk` 1 and `@modelcontextprotocol/client` 2 have
 * them. Everything is optional or checked: what a later version leaves out must make telemetry poorer, never a call fail.
 */

/** `params` of `tools/call`. */
export interface CallToolParams {
  readonly name: string;
  readonly arguments?: unknown;
  readonly _meta?: Readonly<Record<string, unknown>> | undefined;
}

/** A request on its way to a server. */
export interface McpRequest {
  readonly method: string;
  readonly params?: unknown;
}

/** What a call can be given besides. */
export interface RequestOptions {
  readonly signal?: AbortSignal | undefined;
  /** The call is made as a task, whose answer is the task and not the tool's result. */
  readonly task?: unknown;
}

/** What a server offers. */
export interface ListToolsResult {
  readonly tools?: readonly { readonly name?: unknown }[];
}

/** A client, as far as its connection tells of itself. */
export interface McpClient {
  readonly transport?: {
    readonly sessionId?: unknown;
    readonly _protocolVersion?: unknown;
    readonly protocolVersion?: unknown;
  };
}

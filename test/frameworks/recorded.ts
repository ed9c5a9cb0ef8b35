/** What a child process tells of itself, as JSON. */
export interface ChildResult {
  readonly scenarios: Readonly<Record<string, ScenarioRecord>>;
  readonly spans: readonly RecordedSpan[];
  readonly events: readonly RecordedEvent[];
}

/** What the application saw of one scenario. */
export interface ScenarioRecord {
  /** The framework's last text; undefined where it rejected. */
  readonly text: string | undefined;
  readonly error:
    | { readonly name: string; readonly message: string; readonly code?: unknown }
    | undefined;
  /** The tools that ran, with what they were really called with. */
  readonly ran: readonly RanTool[];
  readonly millis: number;
}

export interface RanTool {
  readonly tool: string;
  readonly arguments: unknown;
  /** The signal that it got was aborted while it ran. */
  readonly aborted?: boolean;
}

export interface RecordedSpan {
  readonly scenario: string;
  readonly name: string;
  readonly kind: number;
  /** 0 unset, 1 OK, 2 ERROR. */
  readonly status: number;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly events: readonly string[];
  readonly startNano: string;
  readonly endNano: string;
  readonly parentSpanId: string | undefined;
  readonly spanId: string;
  readonly traceId: string;
  readonly scope: string;
}

export interface RecordedEvent {
  readonly scenario: string;
  readonly name: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly spanId: string | undefined;
  readonly traceId: string | undefined;
}

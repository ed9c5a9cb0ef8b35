import type { ToolProfile } from './profiles/tool-profile.ts';

/** What is known about a finished tool call. Give what there is; absent fields are not evidence of anything. */
export interface ToolCallFacts {
  readonly tool: string;
  readonly arguments?: unknown;
  /** What the tool returned: text or a value. Leave out when it threw or when the content is not known. */
  readonly result?: unknown;
  /** What the tool threw. Leave out when it threw nothing; `undefined` and `null` count only where no result is given. */
  readonly error?: unknown;
  /** A status that stands beside the result: `error`, `success`, an OpenTelemetry status name, a framework's word. */
  readonly status?: string;
  readonly exitCode?: number;
  readonly httpStatus?: number;
  /** The tool has returned a value, even if that value is not known here (no content capture). */
  readonly returned?: boolean;
  /** What is known of the tool. Default: the first profile whose names fit `tool`, of those that are shipped or given. */
  readonly profile?: ToolProfile;
}

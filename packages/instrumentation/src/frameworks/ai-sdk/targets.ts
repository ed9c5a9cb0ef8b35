import type { FrameworkTarget, ModuleTarget } from '../../load-hook/target.ts';
import { isIn, majors, type VersionRange } from '../../load-hook/versions.ts';

/** `generateText` and what begins a stream are where a run begins: ToolLoopAgent and Agent end in them. */
const DISPATCHER = [
  /** The one place where a tool is called. */
  'executeToolCall',
  /** Carries every lifecycle callback, also when the application's telemetry is off. */
  'createTelemetryDispatcher',
  'generateText',
];

/**
 * Before 7 there is no dispatcher. All that is told passes `recordSpan`, whether or not telemetry is on; models and tools
 * are followed through the call's own options.
 */
const RECORD_SPAN = [
  'generateText',
  'streamText',
  'resolveLanguageModel',
  'parseToolCall',
  'recordSpan',
  'recordErrorOnSpan',
];

/** 7.0.154 put `startStreamText` below `streamText` and a second entry. */
const WITH_START: readonly VersionRange[] = [{ from: '7.0.154', below: '8.0.0' }];
const FIRST_7: readonly VersionRange[] = [{ from: '7.0.0', below: '7.0.154' }];

/** The AI SDK, `ai`. Looked at: 5.0.0, 5.0.277, 6.0.0, 6.0.326, 7.0.0, 7.0.153, 7.0.154, 7.0.173. 7 is ESM only. */
export const targets: readonly FrameworkTarget[] = Object.freeze([
  target(WITH_START, [...DISPATCHER, 'startStreamText']),
  target(FIRST_7, [...DISPATCHER, 'streamText']),
  target(majors(6), [...RECORD_SPAN, 'executeToolCall']),
  target(majors(5), RECORD_SPAN),
]);

/** Whether this version is one without a telemetry dispatcher. */
export function isBefore7(version: string): boolean {
  return isIn(version, majors(5, 6));
}

function target(versions: readonly VersionRange[], functions: readonly string[]): FrameworkTarget {
  const module: ModuleTarget = { file: /^dist\/index\.m?js$/, functions };
  return { package: 'ai', versions, modules: [module] };
}

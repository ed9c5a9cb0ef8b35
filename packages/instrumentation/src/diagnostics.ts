import { createRequire } from 'node:module';

import type * as Api from '@opentelemetry/api';

/** Counts and warnings of code that must never disturb its host. */
export interface Diagnostics {
  /** Counts one occurrence of what must not be lost silently, for example `control.evidence_dropped`. */
  count(name: string, by?: number): void;
  /** Says it once a process to OpenTelemetry's diagnostic logger. */
  warnOnce(key: string, message: string): void;
  /** As `warnOnce`, and one line to standard error: only for what the person who started the process must fix. */
  tellOnce(key: string, message: string): void;
  /** Runs telemetry code that must not throw into the host; what it throws is counted under `name` and told once. */
  protect<T>(name: string, action: () => T, fallback: T): T;
  counts(): ReadonlyMap<string, number>;
}

/** `write` gets one line without its end; the default at the edge is standard error. */
export function createDiagnostics(write: (line: string) => void): Diagnostics {
  const counts = new Map<string, number>();
  const told = new Set<string>();
  const once = (key: string): boolean => {
    if (told.has(key) || told.size >= 1000) return false;
    told.add(key);
    return true;
  };
  const count = (name: string, by = 1): void => {
    counts.set(name, (counts.get(name) ?? 0) + by);
  };
  const warnOnce = (key: string, message: string): void => {
    if (once(key)) warn(`aftertrace: ${printable(message)}`);
  };
  return {
    count,
    warnOnce,
    tellOnce: (key, message) => {
      if (!once(key)) return;
      const line = `aftertrace: ${printable(message)}`;
      warn(line);
      write(line);
    },
    protect: (name, action, fallback) => {
      try {
        return action();
      } catch (error) {
        count(name);
        warnOnce(name, `${name}: ${String(error)}`);
        return fallback;
      }
    },
    counts: () => counts,
  };
}

/** Control and formatting characters out: messages may quote file names, tool names or answers of a stranger. */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '?');
}

/** OpenTelemetry keeps what is registered here, for every copy of its API. */
const API = Symbol.for('opentelemetry.js.api.1');
const require = createRequire(import.meta.url);

/** To OpenTelemetry's diagnostic logger. Where nobody has set one, there is nobody to tell, and the API is not loaded for it. */
function warn(line: string): void {
  const registered = (globalThis as Record<symbol, { readonly diag?: unknown } | undefined>)[API];
  if (registered?.diag === undefined) return;
  (require('@opentelemetry/api') as typeof Api).diag.warn(line);
}

import type { Assurance, Incident, IncidentLogLine } from '@aftertrace/schema';

import type { Destination } from './destination.ts';
import type { IncidentRules } from './rules.ts';
import type { Scheduler } from './scheduler.ts';

/** Told in one line a problem that nobody is waiting for. */
export type Log = (level: 'info' | 'warn' | 'error', message: string) => void;

/** What `createIncidents` needs. */
export interface IncidentsOptions {
  /** Holds `incidents.jsonl`, `incidents-watch.jsonl` and `outbox/`. One writer at a time: the caller's lock sees to it. */
  readonly dataDir: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** A part of ids that no other has, of letters and digits. */
  readonly randomId: () => string;
  readonly destinations: readonly Destination[];
  readonly log: Log;
  /**
   * Called with each event once it is on disk, in order. `current()` is the incident as it is by now; it is built when asked
   * for. Must not throw.
   */
  readonly onEvent?: (event: IncidentLogLine, current: () => Incident) => void;
  /** Default `defaultRules`. */
  readonly rules?: IncidentRules;
  /**
   * Address of the console, for links in notices, for example `http://127.0.0.1:4320`. A function is asked at each notice: a
   * port may be known only after the start; until then there are no links.
   */
  readonly consoleUrl?: string | (() => string | undefined);
  /** What the caller of `handle` verified about who asks. Default `asserted`. */
  readonly assurance?: Assurance;
  /** New counts of an incident are told at most once in this time. Default 5 minutes. */
  readonly countIntervalMillis?: number;
  /** Default: real timers. */
  readonly schedule?: Scheduler;
  /** In 0..1, spreads retries. Default `Math.random`. */
  readonly random?: () => number;
}

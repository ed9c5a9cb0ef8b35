import type { Judged } from '@aftertrace/exporter';
import type { Instance, WrittenTrajectory } from '@aftertrace/schema';

/** Which agents work where no guard of ours can stop them, as far as telemetry shows it. */
export interface UnguardedAgents {
  /** A tool call that came without a guard's judgement: there was none. */
  judged(judged: Judged): void;
  /** A run of whatever process; one that no connected process has named is out of reach. */
  written(written: WrittenTrajectory): void;
  /** @param instancesNow gives the processes that the control plane knows */
  list(instancesNow: () => readonly Instance[]): readonly string[];
}

export interface UnguardedAgentsOptions {
  /** Milliseconds since the Unix epoch. */
  readonly now: () => number;
  /** What an agent did longer ago says nothing of now. Default 15 minutes. */
  readonly windowMillis?: number;
}

const DEFAULT_WINDOW_MILLIS = 15 * 60_000;
/** Names come from telemetry: beyond this the one not seen for longest is forgotten. */
const MAX_AGENTS = 1_000;

export function createUnguardedAgents(options: UnguardedAgentsOptions): UnguardedAgents {
  const { now, windowMillis = DEFAULT_WINDOW_MILLIS } = options;
  const called = new Map<string, number>();
  const ran = new Map<string, number>();
  const isRecent = (atMillis: number): boolean => now() - atMillis < windowMillis;
  const recent = (seen: ReadonlyMap<string, number>): readonly string[] =>
    [...seen].flatMap(([agent, atMillis]) => (isRecent(atMillis) ? [agent] : []));
  const see = (seen: Map<string, number>, agent: string, unixNano: string): void => {
    // Never later than now: a sender's clock that runs ahead must not keep its agents out of reach for years.
    const atMillis = Math.min(Number(BigInt(unixNano) / 1_000_000n), now());
    // Recordings that are fed in are no agents at work.
    if (!isRecent(atMillis)) return;
    const last = Math.max(atMillis, seen.get(agent) ?? 0);
    seen.delete(agent);
    seen.set(agent, last);
    const [oldest] = seen.keys();
    if (seen.size > MAX_AGENTS && oldest !== undefined) seen.delete(oldest);
  };
  return {
    judged: (judged) => {
      if (judged.kind === 'tool_call') see(called, judged.agent, judged.timeUnixNano);
    },
    written: ({ trajectory }) => {
      const { endTimeUnixNano } = trajectory.extra.aftertrace.timing;
      see(ran, trajectory.agent.name, endTimeUnixNano);
    },
    list: (instancesNow) => {
      // Asked at each proof of a containment; without telemetry of others there is nothing to look up.
      if (called.size === 0 && ran.size === 0) return [];
      const instances = instancesNow();
      // A process tells its agents as one text.
      const named = new Set(instances.flatMap(({ agent }) => [agent, ...agent.split(', ')]));
      const unnamed = recent(ran).filter((agent) => !named.has(agent));
      return [...new Set([...recent(called), ...unnamed])].sort();
    },
  };
}

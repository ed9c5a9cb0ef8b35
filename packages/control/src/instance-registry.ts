import type { Ack, ContainmentScope, Instance } from '@aftertrace/schema';

/** A process with a live guard. It may hold several agents: all that it has named so far. */
export interface KnownInstance {
  readonly instance: string;
  readonly agents: ReadonlySet<string>;
  /** It has named more agents than are kept: it may hold any. */
  readonly holdsMore: boolean;
  readonly connectedAtMillis: number;
  readonly isLive: boolean;
  readonly lastAck?: Ack;
}

interface Entry {
  readonly agents: Set<string>;
  holdsMore: boolean;
  connectedAtMillis: number;
  lastSeenMillis: number;
  lastPollMillis: number | undefined;
  streams: number;
  ack: Ack | undefined;
}

/** What is known of agent processes. In memory only: after a restart they make themselves known again. */
export interface InstanceRegistry {
  /** Something came from an instance. */
  readonly seen: (instance: string, agent: string) => void;
  readonly polled: (instance: string, agent: string) => void;
  /** A stream was opened; call what it gives when the stream has closed. */
  readonly connected: (instance: string, agent: string) => () => void;
  readonly acknowledged: (ack: Ack) => void;
  readonly get: (instance: string) => KnownInstance | undefined;
  /** Those with an open stream, or that polled a short while ago. */
  readonly live: () => readonly KnownInstance[];
  readonly list: () => readonly Instance[];
  /** Since when nothing is heard of a process; undefined while it is live. One that is not known counts from `fromMillis`. */
  readonly absentSinceMillis: (instance: string, fromMillis: number) => number | undefined;
}

export interface InstanceRegistryOptions {
  readonly now: () => number;
  /** How long after a poll an instance without a stream counts as live. */
  readonly pollLivenessMillis: number;
}

/** Instances beyond this are forgotten, those longest not seen first; live ones never. */
const MAX_INSTANCES = 10_000;
/** Names of agents kept of one process. */
const MAX_AGENTS = 100;

export function createInstanceRegistry(options: InstanceRegistryOptions): InstanceRegistry {
  const { now, pollLivenessMillis } = options;
  const entries = new Map<string, Entry>();
  const isLive = (entry: Entry): boolean =>
    entry.streams > 0 ||
    (entry.lastPollMillis !== undefined && now() - entry.lastPollMillis < pollLivenessMillis);
  const known = (instance: string, entry: Entry): KnownInstance => ({
    instance,
    agents: entry.agents,
    holdsMore: entry.holdsMore,
    connectedAtMillis: entry.connectedAtMillis,
    isLive: isLive(entry),
    ...(entry.ack === undefined ? {} : { lastAck: entry.ack }),
  });
  const touch = (instance: string, agent: string): Entry => {
    const entry = entries.get(instance) ?? newEntry(now());
    if (agent !== '' && entry.agents.size < MAX_AGENTS) entry.agents.add(agent);
    else if (agent !== '' && !entry.agents.has(agent)) entry.holdsMore = true;
    entry.lastSeenMillis = now();
    entries.delete(instance); // To the end: the map is in the order of last sight.
    entries.set(instance, entry);
    if (entries.size > MAX_INSTANCES) forgetOldest(entries, isLive);
    return entry;
  };
  return {
    seen: (instance, agent) => void touch(instance, agent),
    polled: (instance, agent) => {
      const entry = touch(instance, agent);
      if (!isLive(entry)) entry.connectedAtMillis = now();
      entry.lastPollMillis = now();
    },
    connected: (instance, agent) => {
      const entry = touch(instance, agent);
      if (!isLive(entry)) entry.connectedAtMillis = now();
      entry.streams += 1;
      return () => {
        entry.streams -= 1;
        entry.lastSeenMillis = now();
      };
    },
    acknowledged: (ack) => {
      const entry = touch(ack.instance, ack.agent);
      // Those of one process may overtake each other on the way; its own clock says which is the later.
      if (entry.ack === undefined || ack.inForceSince >= entry.ack.inForceSince) entry.ack = ack;
    },
    get: (instance) => {
      const entry = entries.get(instance);
      return entry === undefined ? undefined : known(instance, entry);
    },
    live: () =>
      [...entries].filter(([, entry]) => isLive(entry)).map(([id, entry]) => known(id, entry)),
    list: () => [...entries].map(([id, entry]) => toRecord(id, entry, isLive(entry))),
    absentSinceMillis: (instance, fromMillis) => {
      const entry = entries.get(instance);
      if (entry === undefined) return fromMillis;
      if (isLive(entry)) return undefined;
      const polledUntil = (entry.lastPollMillis ?? -Infinity) + pollLivenessMillis;
      return Math.max(entry.lastSeenMillis, polledUntil);
    },
  };
}

/** Could the scope cover a call in this process? Only the agent's name is known of a process, the rest is of a call. */
export function mayHold(instance: KnownInstance, scope: ContainmentScope): boolean {
  if (scope === 'global' || scope.agent === undefined) return true;
  return instance.holdsMore || instance.agents.has(scope.agent);
}

function newEntry(nowMillis: number): Entry {
  return {
    agents: new Set(),
    holdsMore: false,
    connectedAtMillis: nowMillis,
    lastSeenMillis: nowMillis,
    lastPollMillis: undefined,
    streams: 0,
    ack: undefined,
  };
}

function forgetOldest(entries: Map<string, Entry>, isLive: (entry: Entry) => boolean): void {
  for (const [id, entry] of entries) {
    if (isLive(entry)) continue;
    entries.delete(id);
    return;
  }
}

function toRecord(instance: string, entry: Entry, connected: boolean): Instance {
  const { ack } = entry;
  const policy = ack?.policyRevision;
  return {
    instance,
    agent: [...entry.agents].join(', '),
    connectedAt: new Date(entry.connectedAtMillis).toISOString(),
    lastSeen: new Date(entry.lastSeenMillis).toISOString(),
    connected,
    ...(ack === undefined ? {} : { acknowledged: ack.revision, inForceSince: ack.inForceSince }),
    ...(policy === undefined ? {} : { policyRevision: policy }),
    ...(ack?.refused === undefined ? {} : { policyRefused: ack.refused }),
    ...(ack?.unattached === undefined ? {} : { unattached: ack.unattached }),
  };
}

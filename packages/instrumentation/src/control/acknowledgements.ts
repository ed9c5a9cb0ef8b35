import type { Ack } from '@aftertrace/schema';

import type { Diagnostics } from '../diagnostics.ts';
import { createBackoff, type Backoff } from './backoff.ts';
import type { Applied } from './enforcement.ts';
import type { HttpResult } from './http-client.ts';
import type { InForce } from './link.ts';

/** What this process proves to its companion, once for each agent in it. */
export interface Acknowledgements {
  /**
   * This is in force now; replaces what was told before. Does not wait for the companion. Sent in a later turn of the event
   * loop, at a random moment within `spreadMillis`: what else has arrived is put in force first.
   */
  tell(ack: ProvenAck, spreadMillis?: number): void;
  /** The companion must know every agent of this process, or it could not say who a containment reaches. */
  sawAgent(agent: string): void;
  /**
   * The companion must know what this process can undo, and what in it no guard sees; what changes together is told
   * together.
   */
  factsChanged(): void;
  close(): void;
}

/** What was put in force; the rest of an acknowledgement is told with each. */
export type ProvenAck = Omit<Ack, 'agent' | 'compensates' | 'unattached'>;

/** What they work with. */
export interface AcknowledgementsOptions {
  /** Name for agents that nothing else names. */
  readonly agent: string;
  /** Never rejects. */
  readonly send: (ack: Ack) => Promise<HttpResult>;
  /** Tools of which this process can undo calls. */
  readonly compensated: () => readonly string[];
  /** Known frameworks that are loaded and not attached to. */
  readonly unattached: () => readonly string[];
  readonly diagnostics: Diagnostics;
  /** From 0 to 1. */
  readonly random: () => number;
}

/** Names of agents told of one process. */
const MAX_AGENTS = 100;
/** Tools that this process can undo calls of, as the protocol bounds them. */
const MAX_TOLD_TOOLS = 1_000;
/** Frameworks that are not attached to, as the protocol bounds them. */
const MAX_TOLD_FRAMEWORKS = 100;

/** Tried again until they are taken: nobody may think that a containment is not in force because one request was lost. */
export function createAcknowledgements(options: AcknowledgementsOptions): Acknowledgements {
  return new Acks(options);
}

/** A state that was put in force in this process. */
export interface PutInForce {
  readonly instance: string;
  readonly revision: number;
  readonly applied: Applied;
  readonly inForce: InForce;
}

/** What was put in force, in the words of the protocol. */
export function toAck({ instance, revision, applied, inForce }: PutInForce): ProvenAck {
  const { policy } = inForce;
  return {
    instance,
    revision,
    inForceSince: new Date(applied.inForceSinceMillis).toISOString(),
    containments: applied.containments,
    ...(policy === undefined ? {} : { policyRevision: policy.revision }),
    ...(applied.refused === undefined ? {} : { refused: applied.refused }),
  };
}

class Acks implements Acknowledgements {
  readonly #options: AcknowledgementsOptions;
  readonly #agents: Set<string>;
  readonly #backoff: Backoff;
  #last: Omit<Ack, 'agent'> | undefined;
  #retry: NodeJS.Timeout | undefined;
  /** The latest is on its way out. */
  #turn: NodeJS.Timeout | undefined;
  #isTellingFacts = false;
  #isClosed = false;

  constructor(options: AcknowledgementsOptions) {
    this.#options = options;
    this.#agents = new Set([options.agent]);
    const { random } = options;
    this.#backoff = createBackoff({ firstMillis: 500, maxMillis: 30_000, random });
  }

  tell(ack: ProvenAck, spreadMillis = 0): void {
    this.#last = { ...ack, ...this.#facts() };
    this.#turn ??= setTimeout(() => {
      this.#turn = undefined;
      void this.#sendAll();
    }, spreadMillis * this.#options.random()).unref();
  }

  sawAgent(agent: string): void {
    if (this.#agents.has(agent) || this.#agents.size >= MAX_AGENTS) return;
    this.#agents.add(agent);
    if (this.#last !== undefined) void this.#send({ ...this.#last, agent });
  }

  factsChanged(): void {
    if (this.#isTellingFacts) return;
    this.#isTellingFacts = true;
    queueMicrotask(() => {
      this.#isTellingFacts = false;
      if (this.#last === undefined) return;
      this.#last = { ...this.#last, ...this.#facts() };
      void this.#send({ ...this.#last, agent: this.#options.agent });
    });
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#turn);
    clearTimeout(this.#retry);
  }

  async #sendAll(): Promise<void> {
    const ack = this.#last;
    if (ack === undefined) return;
    const taken = await Promise.all(
      [...this.#agents].map((agent) => this.#send({ ...ack, agent })),
    );
    if (taken.every(Boolean)) this.#backoff.reset();
  }

  /** True where it was taken. */
  async #send(ack: Ack): Promise<boolean> {
    const result = await this.#options.send(ack);
    if (result.kind === 'response' && result.status < 300) return true;
    const { diagnostics } = this.#options;
    diagnostics.count('control.ack_lost');
    if (result.kind === 'response' && result.status === 403) {
      const what = `the companion does not let this token speak for agent ${ack.agent}`;
      diagnostics.tellOnce(`control.ack_refused.${ack.agent}`, `${what}: no proof of it arrives`);
    }
    if (this.#isClosed) return false;
    this.#retry ??= setTimeout(() => {
      this.#retry = undefined;
      void this.#sendAll();
    }, this.#backoff.next()).unref();
    return false;
  }

  #facts(): Pick<Ack, 'compensates' | 'unattached'> {
    const tools = this.#options.compensated();
    const frameworks = this.#options.unattached();
    return {
      ...(tools.length === 0 ? {} : { compensates: tools.slice(0, MAX_TOLD_TOOLS) }),
      ...(frameworks.length === 0 ? {} : { unattached: frameworks.slice(0, MAX_TOLD_FRAMEWORKS) }),
    };
  }
}

import { randomInt } from 'node:crypto';

import {
  FORGOTTEN_CONVERSATION,
  NEW_CONVERSATION,
  tellCircuit,
  withCall,
  withEnd,
  withLabels,
  withoutTools,
  type CircuitState,
  type CircuitTicket,
  type ConversationFacts,
  type CounterState,
  type DecisionEffects,
  type PolicyState,
  type ProposedCall,
} from '@aftertrace/policy';
import type { ToolOutcome } from '@aftertrace/schema';

import type { Run } from '../spans/scope.ts';
import { createBoundedMap, type BoundedMap } from './bounded-map.ts';
import { createForgottenKeys, type ForgottenKeys } from './forgotten-keys.ts';

/** A circuit that opened or closed. */
export interface CircuitChange {
  readonly rule: string;
  readonly mode: CircuitTicket['mode'];
  readonly to: 'open' | 'closed';
}

/** What was decided about a call and then done. */
export interface FactOf {
  readonly proposed: ProposedCall;
  readonly effects: DecisionEffects | undefined;
}

/**
 * What rules know besides the call: the conversation's past, counts and circuits. It is the only place in the agent where
 * the policy's state is; the engine reads it and says what is to be kept. Nothing here throws.
 */
export interface FactStore {
  /** For a decision that is made now. */
  state(proposed: ProposedCall, run: Run): PolicyState;
  /** A call goes on as decided: takes its place in limits and circuits before anything else is decided. */
  count(effects: DecisionEffects | undefined): void;
  /** The call is made now. */
  made(fact: FactOf): void;
  /** Labels that rules about its result set. */
  label(fact: FactOf): void;
  /** The call is over; the circuits that changed with it. */
  ended(fact: FactOf, outcome: ToolOutcome): readonly CircuitChange[];
}

/** What the store works with. */
export interface FactStoreOptions {
  /** Milliseconds since the Unix epoch, for how long a run has lasted. */
  readonly now: () => number;
  /** Milliseconds of a clock that never jumps. */
  readonly steadyMillis: () => number;
  /**
   * Conversations whose past is known whole, and circuits; the oldest go first. Of ten times as many more conversations
   * labels and numbers are known, and so many limits are counted. Default 10,000.
   */
  readonly maxEntries?: number;
  /** Something was forgotten for want of room. */
  readonly onDrop: () => void;
}

const DEFAULT_MAX_ENTRIES = 10_000;
/** What is kept small is kept of so many times as many. */
const SMALL = 10;
/** Of so many times as many again it is known that they have been forgotten. */
const FORGOTTEN = 50;

/** The facts of one process. */
export function createFactStore(options: FactStoreOptions): FactStore {
  return new Facts(options);
}

class Facts implements FactStore {
  readonly #options: FactStoreOptions;
  readonly #conversations: BoundedMap<ConversationFacts>;
  /** Those that have not been heard of for long, without the names of tools: a label that vanishes is a way around a rule. */
  readonly #quiet: BoundedMap<ConversationFacts>;
  readonly #forgotten: ForgottenKeys;
  /** Apart, so that many conversations cannot push a circuit out. */
  readonly #usage: BoundedMap<CounterState>;
  readonly #circuits: BoundedMap<CircuitState>;
  readonly #counters: PolicyState['counters'];
  #latest: KnownKey | undefined;

  constructor(options: FactStoreOptions) {
    this.#options = options;
    const { maxEntries = DEFAULT_MAX_ENTRIES, onDrop } = options;
    const forgotten = createForgottenKeys({
      capacity: maxEntries * FORGOTTEN,
      seeds: [randomInt(2 ** 32), randomInt(2 ** 32)],
    });
    const forget = (key: string): void => {
      forgotten.add(key);
      onDrop();
    };
    this.#forgotten = forgotten;
    this.#quiet = createBoundedMap(maxEntries * SMALL, forget);
    this.#conversations = createBoundedMap(maxEntries, (key, facts) =>
      this.#quiet.set(key, withoutTools(facts)),
    );
    this.#usage = createBoundedMap(maxEntries * SMALL, forget);
    this.#circuits = createBoundedMap(maxEntries, onDrop);
    this.#counters = {
      get: (key) => this.#circuits.get(key) ?? this.#usage.get(key),
      isForgotten: (key) => forgotten.mayHave(key),
    };
  }

  state(proposed: ProposedCall, run: Run): PolicyState {
    const { now, steadyMillis } = this.#options;
    const conversation = (): ConversationFacts => this.#conversation(proposed);
    return new StateOfNow({ counters: this.#counters, run, conversation, now, steadyMillis });
  }

  count(effects: DecisionEffects | undefined): void {
    for (const [key, state] of effects?.counters ?? []) {
      if (state.kind === 'usage') this.#usage.set(key, state);
      else this.#circuits.set(key, state);
    }
  }

  made({ proposed, effects }: FactOf): void {
    const { tool, reversibility } = proposed;
    const { labels, shadowLabels } = effects ?? {};
    const call = { tool, reversibility, labels, shadowLabels };
    this.#keep(proposed, withCall(this.#conversation(proposed), call));
  }

  label({ proposed, effects }: FactOf): void {
    if (effects !== undefined)
      this.#keep(proposed, withLabels(this.#conversation(proposed), effects));
  }

  ended({ proposed, effects }: FactOf, outcome: ToolOutcome): readonly CircuitChange[] {
    const end = END[outcome.outcome];
    if (end !== 'other') this.#keep(proposed, withEnd(this.#conversation(proposed), end));
    return (effects?.circuits ?? []).flatMap((ticket) => this.#tell(ticket, outcome));
  }

  #tell({ key, rule, mode, breaker, probe }: CircuitTicket, outcome: ToolOutcome): CircuitChange[] {
    const before = this.#circuits.get(key);
    const nowMillis = this.#options.steadyMillis();
    const after = tellCircuit(breaker, before, { probe, outcome, nowMillis });
    if (after === before) return [];
    // A circuit that never failed is as good as none.
    if (before !== undefined || after.kind !== 'closed' || after.failures.length > 0)
      this.#circuits.set(key, after);
    const was = before?.kind ?? 'closed';
    return after.kind === 'half_open' || after.kind === was ? [] : [{ rule, mode, to: after.kind }];
  }

  #conversation(proposed: ProposedCall): ConversationFacts {
    const key = this.#keyOf(proposed);
    const known = this.#conversations.get(key) ?? this.#quiet.get(key);
    if (known !== undefined) return known;
    return this.#forgotten.mayHave(key) ? FORGOTTEN_CONVERSATION : NEW_CONVERSATION;
  }

  #keep(proposed: ProposedCall, facts: ConversationFacts): void {
    const key = this.#keyOf(proposed);
    if (this.#quiet.size > 0) this.#quiet.delete(key);
    this.#conversations.set(key, facts);
  }

  /** Each call asks several times: a text that is made anew is hashed anew. */
  #keyOf(proposed: ProposedCall): string {
    const { tenant, conversation, run } = proposed;
    const last = this.#latest;
    if (
      last !== undefined &&
      last.tenant === tenant &&
      last.conversation === conversation &&
      last.run === run
    ) {
      return last.key;
    }
    const key = conversationKey(proposed);
    this.#latest = { tenant, conversation, run, key };
    return key;
  }
}

/** What a state is made of. */
interface StateParts extends Pick<FactStoreOptions, 'now' | 'steadyMillis'> {
  readonly counters: PolicyState['counters'];
  readonly run: Run;
  readonly conversation: () => ConversationFacts;
}

/** Looked up when a rule asks, once: most rules look at the call alone. A decision is made in one go, so that it is of now. */
class StateOfNow implements PolicyState {
  readonly counters: PolicyState['counters'];
  readonly #parts: StateParts;
  #conversation: ConversationFacts | undefined;
  #run: PolicyState['run'];
  #steadyMillis: number | undefined;

  constructor(parts: StateParts) {
    this.counters = parts.counters;
    this.#parts = parts;
  }

  get conversation(): ConversationFacts {
    return (this.#conversation ??= this.#parts.conversation());
  }

  get run(): PolicyState['run'] {
    return (this.#run ??= this.#usedUp());
  }

  #usedUp(): PolicyState['run'] {
    const { run, now } = this.#parts;
    const { steps, toolCalls, inputTokens, outputTokens, startedAtMillis } = run;
    const elapsedMillis = Math.max(0, now() - startedAtMillis);
    return { steps, toolCalls, inputTokens, outputTokens, elapsedMillis };
  }

  get steadyMillis(): number {
    return (this.#steadyMillis ??= this.#parts.steadyMillis());
  }
}

/** A key, and what it was made of. */
interface KnownKey extends Pick<ProposedCall, 'tenant' | 'conversation' | 'run'> {
  readonly key: string;
}

/** A run without a conversation is one of its own. Tenants cannot meet in one. */
function conversationKey({ tenant = '', conversation, run = '' }: ProposedCall): string {
  return conversation === undefined ? `r\0${tenant}\0${run}` : `c\0${tenant}\0${conversation}`;
}

const END: Readonly<Record<ToolOutcome['outcome'], 'failed' | 'refused' | 'other'>> = Object.freeze(
  {
    failed: 'failed',
    denied: 'refused',
    ok: 'other',
    empty: 'other',
    cancelled: 'other',
    unknown: 'other',
  },
);

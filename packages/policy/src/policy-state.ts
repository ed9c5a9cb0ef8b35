import type { BreakerMatch } from '@aftertrace/schema';

import type { CircuitState } from './breaker.ts';
import type { ConversationFacts } from './conversation.ts';
import type { UsageState } from './usage.ts';

/** What a run used up to now. */
export interface RunFacts {
  /** Model calls. */
  readonly steps: number;
  readonly toolCalls: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly elapsedMillis: number;
}

/** What is kept under one key: a limit's count, or a circuit. */
export type CounterState = UsageState | CircuitState;

/**
 * What rules know besides the call. The engine keeps nothing: it reads this, and hands back what is to be kept
 * (`PolicyDecision.effects`).
 */
export interface PolicyState {
  readonly conversation: ConversationFacts;
  readonly run?: RunFacts | undefined;
  /** Counters by key. */
  readonly counters: {
    get(key: string): CounterState | undefined;
    /**
     * There may have been a count under this key that is not known any more, and that would count still: its rule follows its
     * `onError`. Default: no.
     *
     * @param withinMillis How long what is counted counts; absent: for as long as its run or conversation lasts.
     */
    isForgotten?(key: string, withinMillis?: number): boolean;
  };
  /** Milliseconds of a clock that never jumps, for limits and circuits; not a time of day. */
  readonly steadyMillis: number;
}

/** A circuit that wants to know how the call ended. */
export interface CircuitTicket {
  readonly key: string;
  readonly rule: string;
  readonly mode: 'enforce' | 'shadow';
  readonly breaker: BreakerMatch;
  /** The call tries whether the circuit can close. */
  readonly probe: boolean;
}

/** What is to be kept if the call goes on. Absent where it is refused: a refused call uses nothing up. */
export interface DecisionEffects {
  /** To be stored under their keys before anything else is decided. */
  readonly counters: readonly (readonly [key: string, state: CounterState])[];
  /** To be told the outcome, by `tellCircuit`. */
  readonly circuits: readonly CircuitTicket[];
  /** To be set on the conversation. */
  readonly labels: readonly string[];
  readonly shadowLabels: readonly string[];
}

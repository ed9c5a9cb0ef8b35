import { createRecentKeys } from './recent-keys.ts';
import type { RunToolCall } from './run-facts.ts';

/** How a run goes in circles. */
export type LoopKind = 'identical_failures' | 'identical_results' | 'alternating' | 'no_progress';

/** A run that goes in circles, as it stands after its latest call. */
export interface Loop {
  readonly kind: LoopKind;
  /** The tools of one round, in order; at most four, and one for `no_progress`: that of the latest call. */
  readonly tools: readonly string[];
  /** The arguments of the latest call; the caller knows what they were. */
  readonly argumentsDigest: string | undefined;
  /** Calls that belong to it by now, the first of them included. */
  readonly calls: number;
  /** How often the same was done: the calls of one tool, the rounds of an alternation. */
  readonly rounds: number;
  /** The step of the latest call. */
  readonly step: number;
}

/** From when on repetition is a loop. Every count includes the first occurrence. */
export interface LoopThresholds {
  /** Calls in a row of one tool with the same arguments that fail, or are refused, in the same way. Default 3. */
  readonly identicalFailures?: number;
  /** Calls in a row of one tool with the same arguments and the same result. Default 4. */
  readonly identicalResults?: number;
  /** Rounds in a row of the same two, three or four calls, each with its arguments and its result. Default 3. */
  readonly rounds?: number;
  /**
   * Calls in a row without progress: they failed, were refused, or repeated an earlier call of the run with its result.
   * Default 6.
   */
  readonly callsWithoutProgress?: number;
}

/** Sees loops while they happen. Memory is constant: the last calls of the run, and 256 digests for "seen before". */
export interface LoopDetector {
  /** Takes the next finished call; tells the loop when this call made it one, and not again while it goes on. */
  add(call: RunToolCall): Loop | undefined;
  /** The loop that the run is in after its latest call; `undefined` when it got out of it, or was in none. */
  loop(): Loop | undefined;
}

const LONGEST_ROUND = 4;
const SEEN_KEPT = 256;
const KEY_CHARS = 400;

/** What a call did: equal keys, equal deeds. */
interface Deed {
  readonly tool: string;
  /** `undefined` where arguments or result are not known: then it is like no other. */
  readonly key: string | undefined;
  readonly bad: boolean;
}

/** @throws RangeError for a threshold below 2: a single call is no loop */
export function createLoopDetector(thresholds: LoopThresholds = {}): LoopDetector {
  return new WindowLoopDetector({
    identicalFailures: threshold('identicalFailures', thresholds.identicalFailures ?? 3),
    identicalResults: threshold('identicalResults', thresholds.identicalResults ?? 4),
    rounds: threshold('rounds', thresholds.rounds ?? 3),
    callsWithoutProgress: threshold('callsWithoutProgress', thresholds.callsWithoutProgress ?? 6),
  });
}

function threshold(name: keyof LoopThresholds, value: number): number {
  if (Number.isInteger(value) && value >= 2 && value <= 1000) return value;
  throw new RangeError(`${name} is ${value}; it must be a whole number from 2 to 1000`);
}

class WindowLoopDetector implements LoopDetector {
  readonly #limits: Required<LoopThresholds>;
  /** For each length of a round, how many calls in a row equal the one that many calls before them. */
  readonly #matches: number[] = Array.from({ length: LONGEST_ROUND }, () => 0);
  readonly #latest: Deed[] = [];
  readonly #seen = createRecentKeys(SEEN_KEPT);
  #idle = 0;
  #loop: Loop | undefined;

  constructor(limits: Required<LoopThresholds>) {
    this.#limits = limits;
  }

  add(call: RunToolCall): Loop | undefined {
    const deed = deedOf(call);
    this.#compare(deed);
    this.#countIdle(deed);
    const before = this.#loop;
    this.#loop = this.#find(deed, call);
    return before === undefined ? this.#loop : undefined;
  }

  loop(): Loop | undefined {
    return this.#loop;
  }

  #compare(deed: Deed): void {
    const latest = this.#latest;
    for (let length = 1; length <= LONGEST_ROUND; length += 1) {
      const same = deed.key !== undefined && latest[latest.length - length]?.key === deed.key;
      this.#matches[length - 1] = same ? (this.#matches[length - 1] ?? 0) + 1 : 0;
    }
    latest.push(deed);
    if (latest.length > LONGEST_ROUND) latest.shift();
  }

  #countIdle({ key, bad }: Deed): void {
    const repeated = key !== undefined && this.#seen.see(key);
    this.#idle = bad || repeated ? this.#idle + 1 : 0;
  }

  #find({ bad }: Deed, { tool, argumentsDigest, step }: RunToolCall): Loop | undefined {
    const base = { argumentsDigest, step };
    const inARow = (this.#matches[0] ?? 0) + 1;
    if (inARow >= (bad ? this.#limits.identicalFailures : this.#limits.identicalResults)) {
      const kind = bad ? 'identical_failures' : 'identical_results';
      return { kind, tools: [tool], calls: inARow, rounds: inARow, ...base };
    }
    return this.#alternation(base) ?? this.#standstill(tool, base);
  }

  #alternation(base: Pick<Loop, 'argumentsDigest' | 'step'>): Loop | undefined {
    for (let length = 2; length <= LONGEST_ROUND; length += 1) {
      const calls = (this.#matches[length - 1] ?? 0) + length;
      const rounds = Math.floor(calls / length);
      // One call over and over is a round of every length: that is for the thresholds of identical calls to say.
      if (rounds < this.#limits.rounds || (this.#matches[0] ?? 0) + 1 >= length) continue;
      const tools = this.#latest.slice(-length).map((deed) => deed.tool);
      return { kind: 'alternating', tools, calls, rounds, ...base };
    }
    return undefined;
  }

  #standstill(tool: string, base: Pick<Loop, 'argumentsDigest' | 'step'>): Loop | undefined {
    if (this.#idle < this.#limits.callsWithoutProgress) return undefined;
    return { kind: 'no_progress', tools: [tool], calls: this.#idle, rounds: 1, ...base };
  }
}

function deedOf(call: RunToolCall): Deed {
  const { outcome } = call.outcome;
  const bad = outcome === 'failed' || outcome === 'denied';
  const result = bad
    ? `${outcome} ${call.outcome.class ?? ''} ${call.outcome.rule}`
    : (call.resultDigest ?? (outcome === 'empty' ? 'empty' : undefined));
  if (call.argumentsDigest === undefined || result === undefined) {
    return { tool: call.tool, key: undefined, bad };
  }
  const tool = call.tool.slice(0, KEY_CHARS);
  const args = call.argumentsDigest.slice(0, KEY_CHARS);
  // Their lengths say where one ends and the next begins.
  const key = `${tool.length} ${args.length} ${tool}${args}${result.slice(0, KEY_CHARS)}`;
  return { tool: call.tool, key, bad };
}

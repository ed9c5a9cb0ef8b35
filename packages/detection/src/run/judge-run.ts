import type { RunOutcome } from '@aftertrace/schema';

import type { FailureTally } from './failures.ts';
import type { Loop, LoopThresholds } from './loop-detector.ts';
import { eventsOf, type RunEvent } from './run-event.ts';
import type { RunFacts } from './run-facts.ts';
import { runRules } from './run-rules.ts';
import { applyRunEvent, emptyRunState } from './run-state.ts';

/** What one rule says of a run. */
export interface RunVerdict extends RunOutcome {
  /** That of the rule. */
  readonly weight: number;
}

export interface RunJudgeOptions {
  /** From when on repetition is a loop. */
  readonly loops?: LoopThresholds | undefined;
}

/** Judges a run while it goes on. Memory is constant, however long the run is; no clock, no I/O. */
export interface RunJudge {
  /** Takes what became known; tells the loop when this event made the run go in circles. */
  add(event: RunEvent): Loop | undefined;
  /** The loop that the run is in after its latest tool call. */
  loop(): Loop | undefined;
  /** How it ended, or would have, if nothing more came. */
  outcome(): RunOutcome;
  /** What every rule that has something to say says, the deciding one first; empty where nothing is known. */
  verdicts(): readonly RunVerdict[];
  /** Failed calls, and how many of them were made good. */
  failures(): FailureTally;
}

/** @throws RangeError for a loop threshold that is no whole number from 2 to 1000 */
export function createRunJudge(options: RunJudgeOptions = {}): RunJudge {
  const state = emptyRunState(options.loops);
  const verdicts = (): readonly RunVerdict[] =>
    runRules.flatMap(({ id, weight, judge }) => {
      const hit = judge(state);
      return hit === undefined ? [] : [{ ...hit, rule: id, ...state.failures.steps(), weight }];
    });
  return {
    add: (event) => applyRunEvent(state, event),
    loop: () => state.loops.loop(),
    outcome: () => {
      const [deciding] = verdicts();
      if (deciding === undefined) return { ...NOTHING_KNOWN, ...state.failures.steps() };
      const { weight: _weight, ...outcome } = deciding;
      return outcome;
    },
    verdicts,
    failures: () => state.failures.tally(),
  };
}

const NOTHING_KNOWN: RunOutcome = Object.freeze({
  outcome: 'unknown',
  basis: 'none',
  certainty: 'likely',
  rule: 'run.nothing_known',
});

/**
 * How a run ended, on the strongest basis that there is (contract: Run outcome). Deterministic; never throws for
 * facts of this form. The same as {@link createRunJudge} says of the same facts as events.
 */
export function judgeRun(facts: RunFacts, options: RunJudgeOptions = {}): RunOutcome {
  const judge = createRunJudge(options);
  for (const event of eventsOf(facts)) judge.add(event);
  return judge.outcome();
}

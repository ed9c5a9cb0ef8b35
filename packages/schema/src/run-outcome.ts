import { z } from 'zod';

import { Certainty } from './tool-outcome.ts';

/** How a run ended. `terminated`: stopped by a containment or a person. `incomplete`: its process went away. */
export const RunOutcomeKind = z.enum(['success', 'failure', 'terminated', 'incomplete', 'unknown']);
export type RunOutcomeKind = z.infer<typeof RunOutcomeKind>;

/** What the run outcome rests on, strongest first. */
export const RunOutcomeBasis = z.enum([
  'explicit',
  'evaluation',
  'root_error',
  'terminated',
  'limit_or_loop',
  'unrecovered_tool_failure',
  'finish_reason',
  'process_gone',
  'none',
]);
export type RunOutcomeBasis = z.infer<typeof RunOutcomeBasis>;

export const RunOutcome = z.strictObject({
  outcome: RunOutcomeKind,
  basis: RunOutcomeBasis,
  certainty: Certainty,
  /** Stable id of the rule that decided, for example `run.last_call_failed`. */
  rule: z.string(),
  /** One sentence for a person, without message content. */
  reason: z.string().optional(),
  /** `step_id` (from 1) of the first step with a failed tool call. */
  firstFailingStep: z.int().positive().optional(),
  /** `step_id` (from 1) of the last step before it. */
  lastGoodStep: z.int().positive().optional(),
});
export type RunOutcome = z.infer<typeof RunOutcome>;

/** The three files that runs are kept in. */
export const TrajectoryFile = z.enum(['success', 'failure', 'unresolved']);
export type TrajectoryFile = z.infer<typeof TrajectoryFile>;

/** Which file a run with this outcome belongs to (contract: Trajectory line). */
export function trajectoryFileOf(outcome: RunOutcomeKind): TrajectoryFile {
  switch (outcome) {
    case 'success':
      return 'success';
    case 'failure':
    case 'terminated':
      return 'failure';
    case 'incomplete':
    case 'unknown':
      return 'unresolved';
  }
}

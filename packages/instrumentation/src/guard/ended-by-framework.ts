/**
 * What an adapter lets a call under way end with when its framework did not make it after all, or gave it up: its own
 * permissions refused it, or somebody interrupted it. Nothing failed.
 */
export class EndedByFramework extends Error {
  readonly outcome: 'denied' | 'cancelled';
  /** Stable id for the outcome. */
  readonly rule: EndRule;

  constructor(outcome: 'denied' | 'cancelled', rule: EndRule) {
    super(`the framework ended the call: ${rule}`);
    this.name = 'EndedByFramework';
    this.outcome = outcome;
    this.rule = rule;
  }
}

/** A person's no, a permission rule's, or an interruption. */
export type EndRule =
  | 'guard.human'
  | 'guard.unnamed_approval'
  | 'guard.policy'
  | 'framework.permission'
  | 'framework.interrupted';

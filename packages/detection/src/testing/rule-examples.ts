import type { ToolOutcome } from '@aftertrace/schema';

import type { ToolCallFacts } from '../tool-call.ts';

/** Facts about a call; of some tool, where the kind of tool makes no difference. */
export type ExampleFacts = Omit<ToolCallFacts, 'tool'> & Partial<Pick<ToolCallFacts, 'tool'>>;

/** What a rule says of which facts. The documentation of outcomes is made from these, and the tests run them. */
export interface RuleExamples {
  /** The facts, what they show, and the parts of the outcome that matter besides the rule. */
  readonly hits: readonly (readonly [
    what: string,
    facts: ExampleFacts,
    outcome: Partial<Omit<ToolOutcome, 'rule'>>,
  ])[];
  /** Facts that look alike and that the rule must leave alone. */
  readonly misses: readonly (readonly [what: string, facts: ExampleFacts])[];
}

/** Examples by rule id. */
export type ExamplesByRule = Readonly<Record<string, RuleExamples>>;

/** An error with members, as Node and libraries make them. */
export function errorWith(members: Readonly<Record<string, unknown>>, message = 'boom'): Error {
  return Object.assign(new Error(message), members);
}

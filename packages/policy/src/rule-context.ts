import type { ProposedCall } from './call.ts';
import { NEW_CONVERSATION, type ConversationFacts } from './conversation.ts';
import { viewOf } from './json-view.ts';
import type { PolicyState } from './policy-state.ts';

/** What rules are asked about. */
export interface Question {
  readonly call: ProposedCall;
  /** Where rules about results are asked. */
  readonly result?: unknown;
  readonly state: PolicyState | undefined;
  readonly nowMillis: number;
}

/**
 * One question, for all rules that are asked: what costs something is made once, and only if a rule wants it. JSON text of
 * arguments and results is parsed here.
 */
export class RuleContext {
  readonly question: Question;
  #arguments: { readonly value: unknown } | undefined;
  #result: { readonly value: unknown } | undefined;
  /** Made by the first `when`, with and without what only rules in shadow see; by whoever compiled it. */
  readonly activations: [object | undefined, object | undefined] = [undefined, undefined];

  constructor(question: Question) {
    this.question = question;
  }

  get call(): ProposedCall {
    return this.question.call;
  }

  get conversation(): ConversationFacts {
    return this.question.state?.conversation ?? NEW_CONVERSATION;
  }

  get arguments(): unknown {
    this.#arguments ??= { value: viewOf(this.question.call.arguments) };
    return this.#arguments.value;
  }

  get result(): unknown {
    this.#result ??= { value: viewOf(this.question.result) };
    return this.#result.value;
  }

  /** Labels as a rule sees them. */
  labels(shadow: boolean): readonly string[] {
    const { labels, shadowLabels } = this.conversation;
    return shadow && shadowLabels.length > 0 ? [...labels, ...shadowLabels] : labels;
  }
}

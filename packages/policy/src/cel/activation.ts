import type { ProposedCall } from '../call.ts';
import { assertKnown } from '../conversation.ts';
import type { RuleContext } from '../rule-context.ts';
import { assertSmall } from './assert-small.ts';

/** How an expression sees a question. */
export interface ActivationOptions {
  /** Labels that rules in shadow set are there, too. */
  readonly shadow: boolean;
  /** The expression walks through lists: what is too large for that is refused with a throw. */
  readonly walks: boolean;
  /** It takes texts apart. */
  readonly splits: boolean;
}

/** The names that an expression can use, made once for all expressions that are asked about one call. */
export function activationOf(context: RuleContext, options: ActivationOptions): object {
  if (options.walks) assertSmall([context.arguments, context.result], options.splits);
  // Most conversations have no labels of rules in shadow: then both see the same.
  const isApart = options.shadow && context.conversation.shadowLabels.length > 0;
  const slot = isApart ? 1 : 0;
  return (context.activations[slot] ??= makeActivation(context, isApart));
}

function makeActivation(context: RuleContext, shadow: boolean): object {
  const { state, nowMillis } = context.question;
  return {
    call: callFacts(context.call),
    arguments: context.arguments ?? null,
    result: context.result ?? null,
    // Looked into where an expression names it.
    get conversation() {
      return conversationFacts(context, shadow);
    },
    run: state?.run ?? NO_RUN,
    now: new Date(nowMillis),
  };
}

/** @throws RangeError where its past is not known: an expression may ask for anything of it. */
function conversationFacts(context: RuleContext, shadow: boolean): object {
  const { conversation } = context;
  assertKnown(conversation, 'past');
  const { calls, failures, refusals, tools, reversibility } = conversation;
  return {
    calls,
    failures,
    refusals,
    get tools() {
      assertKnown(conversation, 'tools');
      return tools;
    },
    labels: context.labels(shadow),
    ...(reversibility === undefined ? {} : { reversibility }),
  };
}

const NO_RUN = Object.freeze({
  steps: 0,
  toolCalls: 0,
  inputTokens: 0,
  outputTokens: 0,
  elapsedMillis: 0,
});

/** What is not known is not there: `has(call.model)` tells. */
function callFacts(call: ProposedCall): Record<string, unknown> {
  const facts: Record<string, unknown> = { agent: call.agent, tool: call.tool };
  for (const name of OPTIONAL_FACTS) if (call[name] !== undefined) facts[name] = call[name];
  return facts;
}

const OPTIONAL_FACTS = [
  'agentVersion',
  'tenant',
  'conversation',
  'run',
  'model',
  'promptDigest',
  'toolsDigest',
  'capabilities',
  'reversibility',
] as const;

/** The names of members that an expression may ask for, so that a misspelt one is told when the bundle is checked. */
export const MEMBERS: Readonly<Record<string, readonly string[]>> = Object.freeze({
  call: ['agent', 'tool', ...OPTIONAL_FACTS],
  conversation: ['calls', 'failures', 'refusals', 'tools', 'labels', 'reversibility'],
  run: Object.keys(NO_RUN),
});

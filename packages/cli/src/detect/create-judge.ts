import { judgeToolCall, toolRules, type RuleInfo, type ToolCallFacts } from '@aftertrace/detection';
import type { ToolOutcome } from '@aftertrace/schema';

/** How calls are judged. */
export interface CallJudge {
  readonly judge: (facts: ToolCallFacts) => ToolOutcome;
  /** In the order in which they are asked; empty where the rules have no names. */
  readonly rules: readonly RuleInfo[];
}

/** Our own judgement, with the profiles of a file where one is given; or that of hermes-agent. */
export function createJudge(_options: {
  readonly profile?: string;
  readonly hermes: boolean;
}): Promise<CallJudge> {
  return Promise.resolve({ judge: judgeToolCall, rules: toolRules });
}

import { judgeToolCall, type ToolCallFacts } from '@aftertrace/detection';
import type { ToolOutcome } from '@aftertrace/schema';

/** How calls are judged. */
export interface CallJudge {
  readonly judge: (facts: ToolCallFacts) => ToolOutcome;
}

/** Our own judgement, with the profiles of a file where one is given; or that of hermes-agent. */
export function createJudge(_options: {
  readonly profile?: string;
  readonly hermes: boolean;
}): Promise<CallJudge> {
  return Promise.resolve({ judge: judgeToolCall });
}

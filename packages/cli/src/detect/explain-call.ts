import { toolRules } from '@aftertrace/detection';

import { sanitize } from '../terminal/sanitize.ts';
import { factsOf, type CallLine } from './call-line.ts';
import type { CallJudge } from './create-judge.ts';
import { describeEvidence } from './evidence-text.ts';
import { verdictLine } from './verdict-line.ts';

export interface ExplainOptions {
  readonly json: boolean;
  readonly ignoreFlag: boolean;
}

/** Why a call is judged as it is, for a person or as JSON. */
export function explainCall(call: CallLine, judge: CallJudge, options: ExplainOptions): string {
  const judged = judge.judge(factsOf(call, options));
  const rule = toolRules.find(({ id }) => id === judged.rule);
  if (options.json) {
    return JSON.stringify({ ...verdictLine(call.id, judged), evidence: judged.evidence, rule });
  }
  return [
    `${sanitize(call.id)}: ${judged.outcome}, ${judged.certainty} (${judged.rule})`,
    ...describeEvidence(judged.evidence, call.result),
  ].join('\n');
}

import type { ToolOutcome } from '@aftertrace/schema';

/** What is said of one call, as it is written. */
export interface VerdictLine {
  readonly id: string;
  readonly failed: boolean;
  readonly outcome: ToolOutcome['outcome'];
  readonly certainty: ToolOutcome['certainty'];
  readonly channel?: ToolOutcome['channel'];
  readonly class?: ToolOutcome['class'];
  readonly rule: string;
}

/** A judgement without its evidence: nothing of what the tool said stands in it. */
export function verdictLine(id: string, judged: ToolOutcome): VerdictLine {
  const { outcome, certainty, channel, rule } = judged;
  return {
    id,
    failed: outcome === 'failed',
    outcome,
    certainty,
    ...(channel === undefined ? {} : { channel }),
    ...(judged.class === undefined ? {} : { class: judged.class }),
    rule,
  };
}

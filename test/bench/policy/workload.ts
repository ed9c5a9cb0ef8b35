/** One call as all engines get it. */
export interface BenchCall {
  readonly agent: string;
  readonly tool: string;
  readonly amount: number;
}

/** Every rule forbids one tool above an amount of its own. */
export function thresholdOf(rule: number): number {
  return 1_000 + rule;
}

/** Tools that one agent has; a bundle of ten thousand rules is that of a whole company. */
export const TOOLS_OF_AN_AGENT = 64;

/**
 * Calls that all rules allow, though one names each: none is refused by its name alone. `tools`: how many of the tools
 * that rules name are called, in no order.
 */
export function allowedCalls(rules: number, tools: number): readonly BenchCall[] {
  const named = Math.min(rules, tools);
  return Array.from({ length: 4_096 }, (_, index) => ({
    agent: 'support',
    tool: `tool_${(index * 7_919) % named}`,
    amount: index % 900,
  }));
}

import type { ToolCallFacts } from '@aftertrace/detection';
import { z } from 'zod';

/** A line of a log of tool calls. Other members are left alone. */
export const CallLine = z.object({
  id: z.string().min(1),
  tool: z.string().min(1),
  /** A value, or its JSON text. */
  arguments: z.unknown().optional(),
  /** A value, or its JSON text, or plain text. Left out: not known. */
  result: z.unknown().optional(),
  /** What the source itself says of the call; `null` where it says nothing. */
  is_error_flag: z.boolean().nullish(),
  extra: z.object({ exit_code: z.int().nullish() }).nullish(),
});
export type CallLine = z.infer<typeof CallLine>;

/** A call of a log, or why the line is none. */
export type ParsedCall =
  | { readonly ok: true; readonly call: CallLine }
  | { readonly ok: false; readonly problem: string };

/** Reads one line. Never throws. */
export function parseCallLine(text: string): ParsedCall {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { ok: false, problem: `not JSON: ${error instanceof Error ? error.message : ''}` };
  }
  const parsed = CallLine.safeParse(value);
  if (parsed.success) return { ok: true, call: parsed.data };
  const [issue] = parsed.error.issues;
  const where = issue === undefined || issue.path.length === 0 ? 'line' : issue.path.join('.');
  return { ok: false, problem: `${where}: ${issue?.message ?? 'not a tool call'}` };
}

/** What the judgement looks at; without the source's own flag where that is not to count. */
export function factsOf(call: CallLine, options: { readonly ignoreFlag: boolean }): ToolCallFacts {
  const exitCode = call.extra?.exit_code;
  const flagged = call.is_error_flag === true && !options.ignoreFlag;
  return {
    tool: call.tool,
    ...(call.arguments === undefined ? {} : { arguments: structured(call.arguments) }),
    ...(call.result === undefined ? {} : { result: call.result, returned: true }),
    ...(flagged ? { status: 'error' } : {}),
    ...(exitCode === undefined || exitCode === null ? {} : { exitCode }),
  };
}

/** Arguments are written as JSON text by most; what is none stays text. */
function structured(value: unknown): unknown {
  if (typeof value !== 'string' || !/^\s*[[{]/.test(value)) return value;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value;
  }
}

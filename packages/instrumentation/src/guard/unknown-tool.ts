import type { Guard } from './guard.ts';
import type { ToolCall } from './tool-call.ts';

/** Longest name that is told: it came from the model, and no tool has it. */
const MAX_NAME_LENGTH = 256;

/** Records a call of a tool that is not there, which its framework answers itself. */
export function recordUnknownTool(guard: Pick<Guard, 'recordUnmade'>, call: ToolCall): void {
  const tool = call.tool.slice(0, MAX_NAME_LENGTH).toWellFormed();
  guard.recordUnmade({ ...call, tool }, new NoSuchToolError());
}

/** Says to the judgement what frameworks say in prose. */
class NoSuchToolError extends Error {
  override readonly name = 'NoSuchToolError';
}

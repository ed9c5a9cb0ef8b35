import { AftertraceError } from '../errors.ts';
import { toolRegistry } from './process-tools.ts';
import type { ToolDescription } from './tool-registry.ts';

/**
 * Says of a tool what its framework does not: how far its calls can be undone, what it can do, and how to undo one. For tools
 * of frameworks; `guardTool` takes the same beside its name.
 *
 * @throws AftertraceError `invalid_argument` where the name is empty or the class is none.
 * @example describeTool('refund', { reversibility: 'externally_reversible', compensate: ({ result }) => payments.cancel(result) });
 */
export function describeTool(tool: string, description: ToolDescription): void {
  if (typeof tool !== 'string' || tool === '') {
    throw new AftertraceError('invalid_argument', 'describeTool needs the name of the tool');
  }
  toolRegistry().describe(tool, description);
}

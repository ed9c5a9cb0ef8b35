import { isDeepStrictEqual } from 'node:util';

import type { ActiveToolCall, Scope } from '../spans/scope.ts';
import type { ToolCall } from './tool-call.ts';

/**
 * The same call seen a second time, further in: an adapter below an adapter, or a guarded tool in a guarded framework.
 * Same run, same tool, same arguments; a tool that calls itself with others is judged again. The tool may have a prefix
 * further out (`github_create_issue`), as frameworks give tools of servers one.
 */
export function isWithin(outer: Scope | undefined, call: ToolCall): boolean {
  const active = outer?.toolCall;
  if (active === undefined || outer?.run !== call.scope.run || !isSameTool(active, call)) {
    return false;
  }
  if (active.arguments === call.arguments) return true;
  try {
    return isDeepStrictEqual(active.arguments, call.arguments);
  } catch {
    // Getters that throw: not provably the same call, so it is judged.
    return false;
  }
}

function isSameTool(active: ActiveToolCall, { tool }: ToolCall): boolean {
  return active.tool === tool || isPrefixed(active.tool, tool);
}

/** `github_create_issue`, `mcp__github__create_issue` and `github.create_issue` are `create_issue`; `recreate_issue` is not. */
function isPrefixed(name: string, tool: string): boolean {
  if (tool === '' || name.length <= tool.length + 1 || !name.endsWith(tool)) return false;
  return /[^\p{L}\p{N}]/u.test(name.charAt(name.length - tool.length - 1));
}

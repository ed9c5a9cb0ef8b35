import { isDeepStrictEqual } from 'node:util';

import type { Scope } from '../spans/scope.ts';
import type { ToolCall } from './tool-call.ts';

/**
 * The same call seen a second time, further in: an adapter below an adapter, or a guarded tool in a guarded framework.
 * Same run, same tool, same arguments; a tool that calls itself with others is judged again.
 */
export function isWithin(outer: Scope | undefined, call: ToolCall): boolean {
  const active = outer?.toolCall;
  if (active === undefined || outer?.run !== call.scope.run || active.tool !== call.tool) {
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

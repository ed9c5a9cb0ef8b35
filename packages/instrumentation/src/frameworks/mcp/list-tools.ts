import type { Runtime } from '../../runtime.ts';
import { strayScope } from '../../spans/stray-scope.ts';
import type { AnyFunction } from '../framework.ts';
import type { ListToolsResult } from './types.ts';

/**
 * Wraps `Client.prototype.listTools`: what is revoked for this agent is not on the list that it gets. The client's own memory
 * of the server's tools is left whole, so that a tool comes back when its revocation goes.
 */
export function wrapListTools(runtime: Runtime, original: AnyFunction): AnyFunction {
  const run = original as (this: unknown, ...args: unknown[]) => Promise<ListToolsResult>;
  return async function listTools(this: unknown, ...given: unknown[]) {
    const result = await run.apply(this, given);
    return runtime.diagnostics.protect('mcp.list', () => withoutRevoked(runtime, result), result);
  };
}

function withoutRevoked(runtime: Runtime, result: ListToolsResult): ListToolsResult {
  if (!Array.isArray(result?.tools)) return result;
  const scope = runtime.scopes.getStore() ?? strayScope(runtime);
  const tools = result.tools.filter(
    ({ name }: { readonly name?: unknown }) =>
      typeof name !== 'string' || runtime.guard.offers(scope, name),
  );
  return tools.length === result.tools.length ? result : { ...result, tools };
}

import * as api from '@opentelemetry/api';

import type { Runtime } from '../runtime.ts';
import { strayScope } from '../spans/stray-scope.ts';

/**
 * What an adapter reads of a call, or of the tools that it is to guard. Where it cannot, the fault is counted, and the call
 * goes on unread: undefined. Not so where something in force might have stopped it.
 *
 * @throws AftertraceError `call_refused`, which is recorded.
 */
export function proposeCall<T>(
  runtime: Pick<Runtime, 'diagnostics' | 'guard' | 'scopes' | 'settings' | 'randomId' | 'agents'>,
  name: string,
  propose: () => T,
): T | undefined {
  try {
    return propose();
  } catch (error) {
    const { diagnostics, guard, scopes } = runtime;
    diagnostics.count(name);
    diagnostics.warnOnce(name, `${name}: ${String(error)}`);
    const scope = scopes.getStore() ?? strayScope(runtime);
    guard.refuseUnread({ scope, context: api.context.active() });
    return undefined;
  }
}

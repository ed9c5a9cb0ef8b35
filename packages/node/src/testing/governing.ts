export { containment } from '../../../instrumentation/src/testing/guard-fixture.ts';

import type { ControlServer } from '../../../instrumentation/src/testing/control-server.ts';

/** An enforced rule. */
export const rule = (id: string, tool: string, verdict: string, more: object = {}): object => ({
  id,
  match: { tool },
  verdict,
  mode: 'enforce',
  ...more,
});
/** A bundle of rules. */
export const bundle = (revision: number, ...rules: object[]): object => ({
  name: 'test',
  revision,
  rules,
});

/** What an application needs to find it. */
export function companionEnv(server: ControlServer): Record<string, string> {
  return { AFTERTRACE_COMPANION: server.url, AFTERTRACE_TOKEN: server.token };
}

/** What the application's tools were really called with. */
export function ran(stdout: string): unknown {
  const last = stdout.trim().split('\n').at(-1) ?? '';
  return (JSON.parse(last) as { ran: unknown }).ran;
}

import { UNGOVERNED } from '../control/link.ts';
import { createRuntime, type Runtime } from '../runtime.ts';
import { createGuardFixture, type GuardFixture } from './guard-fixture.ts';

/** What an adapter works with, with the test as its companion. */
export interface AdapterFixture extends GuardFixture {
  readonly runtime: Runtime;
}

/** A runtime whose rules, containments and people the test plays. Its agent is `support`, unless somebody says otherwise. */
export function createAdapterFixture(
  options: Parameters<typeof createGuardFixture>[0] = {},
): AdapterFixture {
  const fixture = createGuardFixture(options);
  const { diagnostics, enforcement, guard, proposals, scopes } = fixture;
  const env = { AFTERTRACE_AGENT: 'support' };
  const now = (): number => fixture.clock.nowMillis;
  const base = createRuntime({ env, home: '', now, writeError: () => undefined });
  const link = { ...UNGOVERNED, governed: true, inForce: () => enforcement.current() };
  const runtime: Runtime = { ...base, diagnostics, guard, link, proposals, scopes };
  return Object.assign(fixture, { runtime });
}

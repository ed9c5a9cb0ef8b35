import type { Containment } from '@aftertrace/schema';

import type { Scope } from '../spans/scope.ts';
import type { GuardOptions } from './guard.ts';
import type { Halt } from './halt.ts';
import { runStopped } from './halt.ts';
import { coversRun, subjectOf } from './in-flight.ts';

/** An agent's invocation begins: from here on a containment can stop it, and one that is in force does so at once. */
export function startRun(
  options: GuardOptions,
  scope: Scope,
  signal: AbortSignal | undefined,
): Halt | undefined {
  if (!options.link.governed) return undefined;
  const halt = options.inFlight.enterRun(scope, signal);
  const containment = inForceFor(options, scope);
  if (containment !== undefined) halt.stop(containment);
  return halt;
}

/**
 * Before an agent's next step: undefined where it may go on, a promise while the first state is awaited.
 *
 * @throws AftertraceError `run_stopped`, or rejects with it, where a kill or a retirement covers it.
 */
export function admitStep(options: GuardOptions, scope: Scope): Promise<void> | undefined {
  const ready = options.link.untilReady();
  if (ready !== undefined) return ready.then(() => refuseStopped(options, scope));
  refuseStopped(options, scope);
  return undefined;
}

function refuseStopped(options: GuardOptions, scope: Scope): void {
  const { halt, agent } = scope;
  const containment = halt?.stoppedBy() ?? inForceFor(options, scope);
  if (containment === undefined) return;
  halt?.stop(containment);
  throw runStopped(agent.name, containment);
}

function inForceFor(options: GuardOptions, scope: Scope): Containment | undefined {
  const { containments } = options.link.inForce();
  if (containments.length === 0) return undefined;
  const subject = subjectOf(scope);
  return containments.find((containment) => coversRun(containment, subject, options.now()));
}

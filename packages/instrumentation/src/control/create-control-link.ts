import type { Diagnostics } from '../diagnostics.ts';
import type { Environment, Settings } from '../environment.ts';
import type { InFlightCalls } from '../guard/in-flight.ts';
import { findCompanion } from './companion-address.ts';
import { createCompanionLink } from './companion-link.ts';
import { createEnforcement } from './enforcement.ts';
import { createFileLink } from './file-link.ts';
import { UNGOVERNED, type ManagedLink } from './link.ts';

/** What is needed to find out who governs this process. */
export interface ControlLinkOptions {
  readonly env: Environment;
  readonly home: string;
  readonly settings: Settings;
  readonly instance: string;
  readonly inFlight: InFlightCalls;
  readonly diagnostics: Diagnostics;
  readonly now: () => number;
}

/** A companion where there is one, else a policy file, else nobody. Starts in the background and delays nothing. */
export function createControlLink(options: ControlLinkOptions): ManagedLink {
  const { env, home, settings, instance, inFlight, diagnostics, now } = options;
  const address = findCompanion(env, home);
  const enforcement = createEnforcement({ inFlight, now });
  if (address !== undefined) {
    const { agent } = settings;
    const random = Math.random;
    return createCompanionLink({ address, instance, agent, enforcement, diagnostics, now, random });
  }
  if (settings.policyFile === undefined) return UNGOVERNED;
  return createFileLink({ file: settings.policyFile, enforcement, diagnostics });
}

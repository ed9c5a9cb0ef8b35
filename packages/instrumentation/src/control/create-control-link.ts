import { resolve } from 'node:path';

import { Env } from '@aftertrace/schema/names';

import type { Diagnostics } from '../diagnostics.ts';
import type { Environment, Settings } from '../environment.ts';
import type { InFlightCalls } from '../guard/in-flight.ts';
import type { ToolRegistry } from '../guard/tool-registry.ts';
import { NOTHING_UNATTACHED, type UnattachedFrameworks } from '../load-hook/attachments.ts';
import { findCompanion } from './companion-address.ts';
import { createCompanionLink } from './companion-link.ts';
import { createEnforcement, type Enforcement } from './enforcement.ts';
import { createFileLink } from './file-link.ts';
import { findSpoolDirectory } from './spool-directory.ts';
import { createKeptState } from './kept-state.ts';
import { UNGOVERNED, type ManagedLink } from './link.ts';
import { createIdleWatch } from './preload-compiler.ts';
import { createPolicyTrust, EVERY_POLICY, type PolicyTrust } from './policy-trust.ts';

/** What is needed to find out who governs this process. */
export interface ControlLinkOptions {
  readonly env: Environment;
  readonly home: string;
  readonly settings: Settings;
  readonly instance: string;
  readonly inFlight: InFlightCalls;
  readonly tools: ToolRegistry;
  /** Default: a process that attaches to nothing. */
  readonly attachments?: UnattachedFrameworks;
  readonly diagnostics: Diagnostics;
  readonly now: () => number;
}

/** A companion where there is one, else a policy file, else nobody. Starts in the background and delays nothing. */
export function createControlLink(options: ControlLinkOptions): ManagedLink {
  const { env, home, settings, instance, inFlight, tools, diagnostics, now } = options;
  const address = findCompanion(env, home);
  const trust = createTrust(options, address?.console);
  const enforcement = createEnforcement({
    inFlight,
    now,
    requiresPolicy: trust.isRequired || address === undefined,
  });
  const onStart = settings.onStart ?? 'keep-last';
  if (settings.onStart === undefined) {
    const message = `${Env.ON_START} is none of keep-last, open, closed; it counts as keep-last`;
    diagnostics.tellOnce('control.on_start', message);
  }
  const onDisconnect = settings.onDisconnect ?? Infinity;
  if (settings.onDisconnect === undefined) {
    const message = `${Env.ON_DISCONNECT} is neither keep-last nor closed:<seconds>; it counts as keep-last`;
    diagnostics.tellOnce('control.on_disconnect', message);
  }
  if (address !== undefined) {
    for (const problem of address.problems) diagnostics.tellOnce(`control.${problem}`, problem);
    const kept = createKeptState({ env, home, companion: address.console, instance });
    const { agent } = settings;
    const spoolDirectory = findSpoolDirectory({ env, home, companion: address.console });
    const random = Math.random;
    return createCompanionLink({
      address,
      instance,
      agent,
      enforcement,
      diagnostics,
      now,
      random,
      onStart,
      onDisconnect,
      kept,
      spoolDirectory,
      trust,
      tools,
      attachments: options.attachments ?? NOTHING_UNATTACHED,
      isIdle: createIdleWatch(),
    });
  }
  if (settings.policyFile === undefined) {
    if (trust.isRequired) diagnostics.tellOnce('policy.none', KEYS_WITHOUT_POLICY);
    return onStart === 'closed' ? createClosedLink(enforcement, diagnostics) : UNGOVERNED;
  }
  if (onStart === 'closed') {
    const what = trust.isRequired ? 'a signed policy' : 'a policy';
    enforcement.close(`No tool may be called before ${what} stands in ${settings.policyFile}.`);
  }
  return createFileLink({ file: settings.policyFile, enforcement, diagnostics, trust });
}

const KEYS_WITHOUT_POLICY = `${Env.POLICY_KEYS} is set, but no companion is configured and ${Env.POLICY_FILE} is not set: no policy is in force`;

/** Where no keys are pinned, every policy of the companion or the file is trusted. */
function createTrust(options: ControlLinkOptions, companion: string | undefined): PolicyTrust {
  const { env, home, settings, instance } = options;
  const { policyKeysFile: keysFile, policyMinRevision: minRevision, policyFile } = settings;
  if (keysFile === undefined) return EVERY_POLICY;
  const source = companion ?? resolve(policyFile ?? '');
  return createPolicyTrust({ env, home, keysFile, minRevision, source, instance });
}

/** Told to wait for a companion's word, and there is no companion: that word never comes. */
function createClosedLink(enforcement: Enforcement, diagnostics: Diagnostics): ManagedLink {
  const reason = `No tool may be called: ${Env.ON_START} is closed and no companion is configured.`;
  enforcement.close(reason);
  diagnostics.tellOnce('control.away', reason);
  return { ...UNGOVERNED, governed: true, inForce: () => enforcement.current() };
}

import { randomUUID } from 'node:crypto';

import { Env } from '@aftertrace/schema/names';

import { boot, createBoot, type Boot } from './boot.ts';
import { createControlLink } from './control/create-control-link.ts';
import type { ManagedLink } from './control/link.ts';
import type { Diagnostics } from './diagnostics.ts';
import { readSettings, type Environment, type Settings } from './environment.ts';
import { createFactStore, type FactStore } from './guard/fact-store.ts';
import { createGuard, type Guard } from './guard/guard.ts';
import { createInFlightCalls } from './guard/in-flight.ts';
import { toolRegistry } from './guard/process-tools.ts';
import { homeDirectory } from './home-directory.ts';
import type { AttachmentLog } from './load-hook/attachments.ts';
import { createProposals, type Proposals } from './model/proposals.ts';
import { RUNTIME_KEY } from './runtime-key.ts';
import type { AgentSpanPort } from './spans/agent-span.ts';
import { createScopeStorage, type ScopeStorage } from './spans/scope.ts';

/** Everything that one process shares, whichever copy of the package made it first. Made by the first call, or at start where somebody governs the process. */
export interface Runtime {
  readonly settings: Settings;
  /** `aftertrace.instance.id` of this process. */
  readonly instance: string;
  readonly diagnostics: Diagnostics;
  readonly scopes: ScopeStorage;
  readonly link: ManagedLink;
  readonly guard: Guard;
  /** Tool calls of raw loops: they stand in answers of models and wait for their end. */
  readonly proposals: Proposals;
  readonly attachments: AttachmentLog;
  /** For agent spans and run events. */
  readonly agents: AgentSpanPort;
  readonly randomId: () => string;
}

/** What differs between a process and a test. */
export interface RuntimeOptions {
  readonly env: Environment;
  /** Home directory of the user. */
  readonly home: string;
  readonly now: () => number;
  /** Gets one line for standard error. */
  readonly writeError: (line: string) => void;
  /** What was there before it. Default: one of its own, of a process that attaches to nothing. */
  readonly boot?: Pick<Boot, 'attachments' | 'diagnostics' | 'instance'>;
}

const KEY = Symbol.for(RUNTIME_KEY);

/** The state of this process, made from its environment on first use. */
export function runtime(): Runtime {
  const globals = globalThis as Record<symbol, unknown>;
  const existing = globals[KEY] as Runtime | undefined;
  if (existing !== undefined) return existing;
  const created = createRuntime({
    env: process.env,
    home: homeDirectory(),
    now: Date.now,
    writeError: (line) => process.stderr.write(`${line}\n`),
    boot: boot(),
  });
  Object.defineProperty(globals, KEY, { value: created });
  process.once('beforeExit', () => {
    created.proposals.giveUp();
    void created.link.drain();
  });
  return created;
}

/** Wires one process together. */
export function createRuntime(options: RuntimeOptions): Runtime {
  const { env, home, now } = options;
  const settings = readSettings(env);
  const { attachments, diagnostics, instance: instanceOf } = options.boot ?? bootOf(options);
  const instance = instanceOf();
  const scopes = createScopeStorage();
  const inFlight = createInFlightCalls();
  const tools = toolRegistry();
  const link = createControlLink({
    env,
    home,
    settings,
    instance,
    inFlight,
    tools,
    attachments,
    diagnostics,
    now,
  });
  if (settings.approvals === undefined) {
    const message = `${Env.APPROVALS} is neither record nor named; it counts as named`;
    diagnostics.tellOnce('guard.approvals', message);
  }
  const proposals = createProposals({ inForce: () => link.inForce() });
  const guard = createGuard({
    proposals,
    facts: processFacts(now, diagnostics),
    approvals: settings.approvals ?? 'named',
    unattached: () => attachments.unattachedFrameworks(),
    link,
    inFlight,
    scopes,
    tools,
    instance,
    captureContent: settings.captureContent,
    now,
    randomId: randomUUID,
    diagnostics,
  });
  return {
    settings,
    instance,
    diagnostics,
    scopes,
    link,
    guard,
    proposals,
    attachments,
    agents: { instance, now, policyRevision: () => link.inForce().policy?.revision },
    randomId: randomUUID,
  };
}

function processFacts(now: () => number, diagnostics: Diagnostics): FactStore {
  return createFactStore({
    now,
    steadyMillis: () => performance.now(),
    onDrop: () => diagnostics.count('guard.facts_dropped'),
  });
}

function bootOf(options: RuntimeOptions): Boot {
  return createBoot({ ...options, runtime: () => createRuntime(options) });
}

import { randomUUID } from 'node:crypto';

import { Env } from '@aftertrace/schema/names';

import { createControlLink } from './control/create-control-link.ts';
import type { ManagedLink } from './control/link.ts';
import { createDiagnostics, type Diagnostics } from './diagnostics.ts';
import { readSettings, type Environment, type Settings } from './environment.ts';
import type { AnyFunction } from './frameworks/framework.ts';
import { FRAMEWORKS } from './frameworks/index.ts';
import { createFactStore, type FactStore } from './guard/fact-store.ts';
import { createGuard, type Guard } from './guard/guard.ts';
import { createInFlightCalls } from './guard/in-flight.ts';
import { toolRegistry } from './guard/process-tools.ts';
import { homeDirectory } from './home-directory.ts';
import { createAttachmentLog, type AttachmentLog } from './load-hook/attachments.ts';
import { installLoadHook } from './load-hook/install.ts';
import type { WrapSite } from './load-hook/target.ts';
import { createProposals, type Proposals } from './model/proposals.ts';
import { RUNTIME_KEY } from './runtime-key.ts';
import type { AgentSpanPort } from './spans/agent-span.ts';
import { createScopeStorage, type ScopeStorage } from './spans/scope.ts';

/** Everything that one process shares, whichever copy of the package made it first. */
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
  /** Called by the line that the load hook appends. Never throws; gives `original` back where there is nothing to wrap. */
  wrap(site: WrapSite, original: AnyFunction): AnyFunction;
  /** Starts attaching to frameworks as they load; a second call does nothing. */
  attach(): void;
}

/** What differs between a process and a test. */
export interface RuntimeOptions {
  readonly env: Environment;
  /** Home directory of the user. */
  readonly home: string;
  readonly now: () => number;
  /** Gets one line for standard error. */
  readonly writeError: (line: string) => void;
}

/** The state of this process, made from its environment on first use. */
export function runtime(): Runtime {
  const globals = globalThis as Record<symbol, unknown>;
  const key = Symbol.for(RUNTIME_KEY);
  const existing = globals[key] as Runtime | undefined;
  if (existing !== undefined) return existing;
  const created = createRuntime({
    env: process.env,
    home: homeDirectory(),
    now: Date.now,
    writeError: (line) => process.stderr.write(`${line}\n`),
  });
  Object.defineProperty(globals, key, { value: created });
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
  const instance = randomUUID();
  const diagnostics = createDiagnostics(options.writeError);
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
  const attachments = createAttachmentLog({
    file: settings.attachmentsFile,
    instance,
    now,
    onError: (error) => diagnostics.warnOnce('attachments.file', String(error)),
  });
  const created: Runtime = {
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
    wrap: (site, original) => wrapFunction(created, site, original),
    attach: createAttach(attachments, diagnostics),
  };
  return created;
}

function processFacts(now: () => number, diagnostics: Diagnostics): FactStore {
  return createFactStore({
    now,
    steadyMillis: () => performance.now(),
    onDrop: () => diagnostics.count('guard.facts_dropped'),
  });
}

function wrapFunction(runtime: Runtime, site: WrapSite, original: AnyFunction): AnyFunction {
  const wrapped = runtime.diagnostics.protect(
    'load_hook.wrap_error',
    () =>
      FRAMEWORKS.find(({ targets }) =>
        targets.some((target) => target.package === site.package),
      )?.wrap(runtime, site, original),
    undefined,
  );
  if (wrapped === undefined) return original;
  Object.defineProperty(wrapped, 'name', { value: original.name, configurable: true });
  Object.defineProperty(wrapped, 'length', { value: original.length, configurable: true });
  return wrapped;
}

function createAttach(attachments: AttachmentLog, diagnostics: Diagnostics): () => void {
  let attached = false;
  return () => {
    if (attached) return;
    attached = true;
    installLoadHook({
      targets: FRAMEWORKS.flatMap(({ targets }) => targets),
      attachments,
      diagnostics,
      nodeVersion: process.versions.node,
    });
  };
}

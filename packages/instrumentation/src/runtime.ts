import { randomUUID } from 'node:crypto';

import { Env } from '@aftertrace/schema/names';

import { createControlLink } from './control/create-control-link.ts';
import type { ManagedLink } from './control/link.ts';
import { createDiagnostics, type Diagnostics } from './diagnostics.ts';
import { readSettings, type Environment, type Settings } from './environment.ts';
import type { Framework } from './frameworks/framework.ts';
import { FRAMEWORKS } from './frameworks/index.ts';
import { createFactStore, type FactStore } from './guard/fact-store.ts';
import { createGuard, type Guard } from './guard/guard.ts';
import { createInFlightCalls } from './guard/in-flight.ts';
import { toolRegistry } from './guard/process-tools.ts';
import { homeDirectory } from './home-directory.ts';
import type { ModuleFinding } from './load-hook/attach.ts';
import { createAttachmentLog, type AttachmentLog } from './load-hook/attachments.ts';
import { createBindings, type Bindings } from './load-hook/bindings.ts';
import { installLoadHook } from './load-hook/install.ts';
import type { WrapSite } from './load-hook/target.ts';
import { createProposals, type Proposals } from './model/proposals.ts';
import { RUNTIME_KEY } from './runtime-key.ts';
import type { AgentSpanPort } from './spans/agent-span.ts';
import { createScopeStorage, type ScopeStorage } from './spans/scope.ts';

/** Everything that one process shares, whichever copy of the package made it first; the line that the load hook appends calls it. */
export interface Runtime extends Bindings {
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
  });
  Object.defineProperty(globals, KEY, { value: created });
  process.once('beforeExit', () => {
    created.proposals.giveUp();
    void created.link.drain();
  });
  process.once('exit', () => created.attachments.settle());
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
  const attachments = createAttachments(options, settings, { instance, diagnostics });
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
    ...createBindings({
      adapt: (site, original) => adapterOf(site)?.wrap(created, site, original),
      onMissed: (site) => attachments.record(missedAt(site)),
      diagnostics,
    }),
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

function adapterOf(site: WrapSite): Framework | undefined {
  return FRAMEWORKS.find(({ targets }) =>
    targets.some((target) => target.package === site.package),
  );
}

function missedAt({ symbol, package: name, version, format }: WrapSite): ModuleFinding {
  return { name, version, format, status: 'unattached', reason: `${symbol} could not be bound` };
}

/** Longest that the module which is meant may follow the others of its package. */
const LATE_MODULE_MILLIS = 2_000;

function createAttachments(
  { now }: RuntimeOptions,
  settings: Settings,
  { instance, diagnostics }: { readonly instance: string; readonly diagnostics: Diagnostics },
): AttachmentLog {
  return createAttachmentLog({
    file: settings.attachmentsFile,
    instance,
    now,
    later: (action) => void setTimeout(action, LATE_MODULE_MILLIS).unref(),
    onAttachment: ({ name, version, status, reason }) => {
      if (status === 'attached') return;
      diagnostics.count('load_hook.unattached');
      const what = `${name} ${version} was loaded but not attached: ${reason}`;
      diagnostics.tellOnce(
        `unattached.${name}@${version}`,
        `${what}. Its tool calls are neither recorded nor governed by policy.`,
      );
    },
    onError: (key, message) => {
      diagnostics.count(key.startsWith('load-hook') ? 'load_hook.error' : key);
      diagnostics.tellOnce(key, message);
    },
  });
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

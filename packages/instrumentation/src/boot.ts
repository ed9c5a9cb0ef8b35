import { existsSync } from 'node:fs';

import { companionFilePath, Env } from '@aftertrace/schema/names';

import { createDiagnostics, type Diagnostics } from './diagnostics.ts';
import { present, type Environment } from './environment.ts';
import type { AnyFunction, Framework } from './frameworks/framework.ts';
import { FRAMEWORKS } from './frameworks/index.ts';
import { homeDirectory } from './home-directory.ts';
import type { ModuleFinding } from './load-hook/attach.ts';
import { createAttachmentLog, type AttachmentLog } from './load-hook/attachments.ts';
import { createBindings, type Bindings } from './load-hook/bindings.ts';
import { installLoadHook } from './load-hook/install.ts';
import type { WrapSite } from './load-hook/target.ts';
import { loadNow } from './load-now.ts';
import { BOOT_KEY } from './runtime-key.ts';
import type { Runtime } from './runtime.ts';

/**
 * What there is of this package while an application starts: it attaches to frameworks as they load, and leaves the rest
 * to the first call of one of them. The line that the load hook appends calls it.
 */
export interface Boot extends Bindings {
  readonly diagnostics: Diagnostics;
  readonly attachments: AttachmentLog;
  /** `aftertrace.instance.id` of this process. */
  readonly instance: () => string;
  /** Starts attaching to frameworks as they load; a second call does nothing. */
  attach(): void;
}

/** What differs between a process and a test. */
export interface BootOptions {
  readonly env: Environment;
  readonly now: () => number;
  /** Gets one line for standard error. */
  readonly writeError: (line: string) => void;
  /** What a call needs; asked for at the first one. */
  readonly runtime: () => Runtime;
}

/** Of this process, made on first use by whichever copy of the package comes first. */
export function boot(): Boot {
  const globals = globalThis as Record<symbol, unknown>;
  const key = Symbol.for(BOOT_KEY);
  const existing = globals[key] as Boot | undefined;
  if (existing !== undefined) return existing;
  const created = createBoot({
    env: process.env,
    now: Date.now,
    writeError: (line) => process.stderr.write(`${line}\n`),
    runtime: () => loadNow('runtime').runtime(),
  });
  Object.defineProperty(globals, key, { value: created });
  process.once('exit', () => created.attachments.settle());
  return created;
}

/**
 * Whether this process has to do with us before the first call of a framework: somebody governs it, or something is set
 * that may be wrong and must be told at once. Only looks; a companion whose file cannot be used counts too.
 */
export function isSetUp(env: Environment, home: string = homeDirectory()): boolean {
  return (
    Object.keys(env).some((name) => name.startsWith('AFTERTRACE_')) ||
    existsSync(companionFilePath(env, home))
  );
}

/** Loads nothing that a call needs. */
export function createBoot(options: BootOptions): Boot {
  const diagnostics = createDiagnostics(options.writeError);
  let instance: string | undefined;
  const attachments = createAttachments(options, {
    instance: () => (instance ??= randomId()),
    diagnostics,
  });
  return {
    diagnostics,
    attachments,
    instance: () => (instance ??= randomId()),
    ...createBindings({
      adapt: (site, original) => adapt(options, site, original),
      onMissed: (site) => attachments.record(missedAt(site)),
      diagnostics,
    }),
    attach: createAttach(attachments, diagnostics),
  };
}

/** Node's module for it is large, and not loaded before it is needed. */
function randomId(): string {
  return process.getBuiltinModule('node:crypto').randomUUID();
}

function adapt(
  { runtime }: BootOptions,
  site: WrapSite,
  original: AnyFunction,
): AnyFunction | undefined {
  return adapterOf(site)?.wrap(runtime(), site, original);
}

function adapterOf(site: WrapSite): Framework | undefined {
  return FRAMEWORKS.find(({ targets }) =>
    targets.some((target) => target.package === site.package),
  )?.adapter();
}

function missedAt({ symbol, package: name, version, format }: WrapSite): ModuleFinding {
  return { name, version, format, status: 'unattached', reason: `${symbol} could not be bound` };
}

/** Longest that the module which is meant may follow the others of its package. */
const LATE_MODULE_MILLIS = 2_000;

function createAttachments(
  { env, now }: BootOptions,
  { instance, diagnostics }: Pick<Boot, 'instance' | 'diagnostics'>,
): AttachmentLog {
  return createAttachmentLog({
    file: present(env[Env.ATTACHMENTS]),
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

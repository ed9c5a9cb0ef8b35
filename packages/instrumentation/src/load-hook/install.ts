import { readFileSync } from 'node:fs';
import * as nodeModule from 'node:module';

import type { Diagnostics } from '../diagnostics.ts';
import { createAttach, type Attach, type AttachOptions } from './attach.ts';
import type { AttachmentLog } from './attachments.ts';
import { compileCommonJs } from './compile-commonjs.ts';
import { loadHookKind, SUPPORTED_NODE } from './node-versions.ts';
import { sourceText } from './source-text.ts';
import { startLoaderThread } from './start-loader-thread.ts';
import type { FrameworkTarget } from './target.ts';

/** What the hook needs. */
export interface LoadHookOptions {
  readonly targets: readonly FrameworkTarget[];
  readonly attachments: AttachmentLog;
  readonly diagnostics: Diagnostics;
  /** `process.versions.node`. */
  readonly nodeVersion: string;
}

/** Starts attaching to frameworks as they load. On a Node that cannot, says so and does nothing. Never throws. */
export function installLoadHook(options: LoadHookOptions): void {
  const { targets, attachments, diagnostics, nodeVersion } = options;
  const attaching: AttachOptions = {
    targets,
    readText: (url) => readFileSync(url, 'utf8'),
    report: (finding) => attachments.record(finding),
  };
  const kind = loadHookKind(nodeVersion);
  try {
    if (kind === 'in-thread') return registerInThread(createAttach(attaching));
    if (kind === 'loader-thread') {
      startLoaderThread(targets, attachments);
      return compileCommonJs(createAttach(attaching));
    }
  } catch (error) {
    diagnostics.count('load_hook.error');
    diagnostics.tellOnce('load-hook.install', `${cannotAttach(nodeVersion)}: ${String(error)}`);
    return;
  }
  diagnostics.count('load_hook.unsupported_node');
  diagnostics.tellOnce(
    'load-hook.node',
    `${cannotAttach(nodeVersion)}. Use Node ${SUPPORTED_NODE}, or wrap tools with guardTool().`,
  );
}

function cannotAttach(nodeVersion: string): string {
  return `Node ${nodeVersion} cannot be attached to: no framework is instrumented and no policy enforced in this process`;
}

function registerInThread(attach: Attach): void {
  nodeModule.registerHooks({
    load: (url, context, nextLoad) => {
      const loaded = nextLoad(url, context);
      const { format } = loaded;
      const source = attach({ url, format, source: sourceText(url, loaded.source) });
      return source === undefined ? loaded : { ...loaded, source };
    },
  });
}

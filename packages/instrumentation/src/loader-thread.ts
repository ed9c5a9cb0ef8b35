/** What `module.register` runs in its own thread, on Node whose hooks in the application's thread cannot be trusted. */
import { readFileSync } from 'node:fs';
import type { InitializeHook, LoadHook } from 'node:module';
import type { MessagePort } from 'node:worker_threads';

import { createAttach, type Attach } from './load-hook/attach.ts';
import { sourceText } from './load-hook/source-text.ts';
import type { FrameworkTarget } from './load-hook/target.ts';

/** What the application's thread hands over. */
export interface LoaderThreadData {
  readonly targets: readonly FrameworkTarget[];
  /** Where each finding goes. */
  readonly findings: MessagePort;
}

let attach: Attach | undefined;

export const initialize: InitializeHook<LoaderThreadData> = ({ targets, findings }) => {
  attach = createAttach({
    targets,
    readText: (url) => readFileSync(url, 'utf8'),
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port of Node has no origin
    report: (finding) => findings.postMessage(finding),
  });
};

export const load: LoadHook = async (url, context, nextLoad) => {
  const loaded = await nextLoad(url, context);
  const { format } = loaded;
  if (attach === undefined) return loaded;
  // Without a source, CommonJS is compiled in the application's thread, where it is met.
  if (format === 'commonjs' && (loaded.source === undefined || loaded.source === null))
    return loaded;
  const source = attach({ url, format, source: sourceText(url, loaded.source) });
  return source === undefined ? loaded : { ...loaded, source };
};

import { readFileSync } from 'node:fs';
import * as nodeModule from 'node:module';

import type { Diagnostics } from '../diagnostics.ts';
import { appendWraps } from './append.ts';
import type { AttachmentLog } from './attachments.ts';
import { SUPPORTED_NODE, supportsLoadHooks } from './node-versions.ts';
import { locateModule, type FrameworkTarget } from './target.ts';
import { isIn, rangesText } from './versions.ts';

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
  if (!supportsLoadHooks(options.nodeVersion) || typeof nodeModule.registerHooks !== 'function') {
    options.diagnostics.count('load_hook.unsupported_node');
    options.diagnostics.tellOnce(
      'load-hook.node',
      `Node ${options.nodeVersion} cannot be attached to: no framework is instrumented and no policy enforced in this process. ` +
        `Use Node ${SUPPORTED_NODE}, or wrap tools with guardTool().`,
    );
    return;
  }
  nodeModule.registerHooks({
    load: (url, context, nextLoad) => {
      const loaded = nextLoad(url, context);
      try {
        return attach(url, loaded, options) ?? loaded;
      } catch (error) {
        options.diagnostics.count('load_hook.error');
        options.diagnostics.tellOnce(
          `load-hook.${url}`,
          `could not attach to ${url}: ${String(error)}`,
        );
        return loaded;
      }
    },
  });
}

function attach(
  url: string,
  loaded: nodeModule.LoadFnOutput,
  options: LoadHookOptions,
): nodeModule.LoadFnOutput | undefined {
  const located = locateModule(url, options.targets);
  if (located === undefined) return undefined;
  const format = formatOf(loaded.format);
  if (format === undefined) return undefined;
  const version = packageVersion(located.packageUrl);
  const { package: name, candidates } = located;
  const report = { name, version, format } as const;
  const skip = (reason: string): undefined => {
    options.attachments.add({ ...report, status: 'unattached', symbols: [], reason });
    options.diagnostics.count('load_hook.unattached');
    options.diagnostics.tellOnce(
      `unattached.${name}@${version}`,
      `${name} ${version} was loaded but not attached: ${reason}. Its tool calls are neither recorded nor governed by policy.`,
    );
    return undefined;
  };
  const supported = candidates.filter(({ target }) => isIn(version, target.versions));
  if (supported.length === 0) {
    const ranges = candidates.flatMap(({ target }) => target.versions);
    return skip(`supported versions are ${rangesText(ranges)}`);
  }
  const source = sourceText(url, loaded);
  const meant = supported.find(
    ({ module }) => module.contains === undefined || source.includes(module.contains),
  );
  if (meant === undefined) return undefined;
  const site = { package: name, version, format } as const;
  const result = appendWraps({ source, module: meant.module, site });
  if (result.kind === 'missing') return skip(`no ${result.symbols.join(', ')} in it`);
  options.attachments.add({ ...report, status: 'attached', symbols: result.symbols });
  return { ...loaded, source: result.source };
}

function formatOf(format: string | null | undefined): 'module' | 'commonjs' | undefined {
  return format === 'module' || format === 'commonjs' ? format : undefined;
}

function packageVersion(packageUrl: string): string {
  const text = readFileSync(new URL('package.json', packageUrl), 'utf8');
  const manifest = JSON.parse(text) as { readonly version?: unknown };
  return typeof manifest.version === 'string' ? manifest.version : 'unknown';
}

/** CommonJS modules come without their source; the file has it. */
function sourceText(url: string, loaded: nodeModule.LoadFnOutput): string {
  const { source } = loaded;
  if (typeof source === 'string') return source;
  if (source === undefined || source === null) return readFileSync(new URL(url), 'utf8');
  return new TextDecoder().decode(source);
}

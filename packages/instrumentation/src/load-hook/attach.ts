import { appendWraps, isAppended } from './append.ts';
import type { SourceText } from './source-text.ts';
import { createLocate, type FrameworkTarget, type LocatedModule } from './target.ts';
import { isIn, rangesText } from './versions.ts';

/** A module as Node loads it. */
export interface LoadedModule {
  /** `file:` URL of it. */
  readonly url: string;
  /** Node's word for its format. */
  readonly format: string | null | undefined;
  /** What is in it; looked into only where the module is one of a framework. */
  readonly source: SourceText;
}

/** One module of a known framework. */
export interface ModuleName {
  /** npm package, for example `ai`. */
  readonly name: string;
  readonly version: string;
  readonly format: 'module' | 'commonjs';
}

/** What the hook found out about a module; it may cross from the thread of the loader. */
export type ModuleFinding =
  | (ModuleName & { readonly status: 'attached'; readonly symbols: readonly string[] })
  | (ModuleName & { readonly status: 'unattached'; readonly reason: string })
  /** One of the files that the target may mean, but not the one: another has to follow. */
  | (ModuleName & { readonly status: 'other'; readonly wanted: string })
  | { readonly status: 'failed'; readonly url: string; readonly message: string };

/** What the hook works with. */
export interface AttachOptions {
  readonly targets: readonly FrameworkTarget[];
  /** Text of a file. */
  readonly readText: (url: URL) => string;
  readonly report: (finding: ModuleFinding) => void;
}

/** The module's text with our line, or undefined: it stays as it is. Reports what it was; never throws. */
export type Attach = (loaded: LoadedModule) => string | undefined;

/** Attaches to these targets. */
export function createAttach(options: AttachOptions): Attach {
  const locate = createLocate(options.targets);
  const versions = new Map<string, string>();
  const versionOf = (packageUrl: string): string => {
    const version =
      versions.get(packageUrl) ?? packageVersion(new URL('package.json', packageUrl), options);
    versions.set(packageUrl, version);
    return version;
  };
  return (loaded) => {
    let located: LocatedModule | undefined;
    try {
      located = locate(loaded.url);
      if (located === undefined) return undefined;
      return attachLocated(loaded, { ...located, version: versionOf(located.packageUrl) }, options);
    } catch (error) {
      options.report({ status: 'failed', url: loaded.url, message: String(error) });
      if (located !== undefined) {
        const version = versions.get(located.packageUrl) ?? 'unknown';
        options.report(unreadable(loaded, { name: located.package, version }));
      }
      return undefined;
    }
  };
}

/** Nobody knows what is in it, and it loads: its calls may pass unseen. */
function unreadable(
  { format }: LoadedModule,
  module: Pick<ModuleName, 'name' | 'version'>,
): ModuleFinding {
  return {
    ...module,
    format: format === 'commonjs' ? format : 'module',
    status: 'unattached',
    reason: 'it could not be read',
  };
}

function attachLocated(
  loaded: LoadedModule,
  located: LocatedModule & { readonly version: string },
  { report }: AttachOptions,
): string | undefined {
  const { package: name, version, known, candidates } = located;
  const isKnown = known.some((target) => isIn(version, target.versions));
  const supported = candidates.filter(({ target }) => isIn(version, target.versions));
  // Of a version that was tried, other files are none of our business.
  if (isKnown && supported.length === 0) return undefined;
  const format = formatOf(loaded);
  if (format === undefined) return undefined;
  const module = { name, version, format } as const;
  if (!isKnown) {
    const ranges = known.flatMap((target) => target.versions);
    report({
      ...module,
      status: 'unattached',
      reason: `supported versions are ${rangesText(ranges)}`,
    });
    return undefined;
  }
  const { source } = loaded;
  const meant = supported.find(
    ({ module: { contains } }) => contains === undefined || source.has(contains),
  );
  if (meant === undefined) {
    const wanted = supported.map(({ module: { contains } }) => contains ?? '').join(', ');
    report({ ...module, status: 'other', wanted });
    return undefined;
  }
  const text = source.text();
  if (isAppended(text)) return undefined;
  const result = appendWraps({
    source: text,
    module: meant.module,
    site: { package: name, version, format },
  });
  if (result.kind === 'missing') {
    report({ ...module, status: 'unattached', reason: `no ${result.symbols.join(', ')} in it` });
    return undefined;
  }
  report({ ...module, status: 'attached', symbols: result.symbols });
  return result.source;
}

/**
 * Node says nothing of a file whose package does not name its type and that is required: it tries CommonJS first, and takes
 * what has the syntax of ES modules as one.
 */
function formatOf({ url, format, source }: LoadedModule): ModuleName['format'] | undefined {
  if (format === 'module' || format === 'commonjs') return format;
  if (format !== undefined && format !== null) return undefined;
  if (/\.mjs(?:[?#]|$)/.test(url)) return 'module';
  if (/\.cjs(?:[?#]|$)/.test(url)) return 'commonjs';
  return /^(?:import|export)\b(?!\s*\()/m.test(source.text()) ? 'module' : 'commonjs';
}

function packageVersion(manifest: URL, { readText }: AttachOptions): string {
  const { version } = JSON.parse(readText(manifest)) as { readonly version?: unknown };
  // It is told to people and to the companion: a text of a stranger's file.
  return typeof version === 'string' && /^[\w.+-]{1,100}$/.test(version) ? version : 'unknown';
}

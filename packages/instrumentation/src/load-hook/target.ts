import type { VersionRange } from './versions.ts';

/** One module of a framework and what to wrap in it. What is named must all be there, or the module is not attached to. */
export interface ModuleTarget {
  /** Path inside the package, with `/`. */
  readonly file: RegExp;
  /**
   * Where the name of the file says too little (bundles with hashes in their names): only a file in which this text stands
   * is meant, and others are other modules.
   */
  readonly contains?: string | undefined;
  /** Function declarations of the module's top level. */
  readonly functions?: readonly string[] | undefined;
  /** Methods of classes of the module's top level, built in place or by a function called at once, as `Class.prototype.method` or `Class.method`; inherited ones do not count. */
  readonly methods?: readonly string[] | undefined;
  /** Names under which an ES module exports a function, whatever its declaration is called (minified modules). */
  readonly exports?: readonly string[] | undefined;
  /** The same, for what only some of the versions have: absent, the module is attached to without it. */
  readonly optionalExports?: readonly string[] | undefined;
}

/** A package as the load hook knows it, in some of its versions. */
export interface FrameworkTarget {
  /** npm package. */
  readonly package: string;
  /** Versions that were tried; others load untouched and are reported. */
  readonly versions: readonly VersionRange[];
  readonly modules: readonly ModuleTarget[];
}

/** What the line that was appended tells of the place it stands in. */
export interface WrapSite {
  readonly package: string;
  readonly version: string;
  readonly format: 'module' | 'commonjs';
  /** As in the target: `executeToolCall`, `Client.prototype.callTool`. */
  readonly symbol: string;
}

/** A module of a package that some target names; which files it has may differ in versions that were not tried. */
export interface LocatedModule {
  readonly package: string;
  /** Targets of this package. */
  readonly known: readonly FrameworkTarget[];
  /** Of these the ones that name this file, in whatever version. */
  readonly candidates: readonly Candidate[];
  /** Directory of the package, with a `/` at its end, as a file URL. */
  readonly packageUrl: string;
}

/** A target and the module of it that a file may be. */
export interface Candidate {
  readonly target: FrameworkTarget;
  readonly module: ModuleTarget;
}

const MODULES_FOLDER = '/node_modules/';

/** Finds the targets that a module URL belongs to. Cheap for the many URLs that belong to none. */
export type Locate = (url: string) => LocatedModule | undefined;

/** Among these targets. */
export function createLocate(targets: readonly FrameworkTarget[]): Locate {
  const byPackage = new Map(
    targets.map(({ package: name }) => [name, targets.filter((target) => target.package === name)]),
  );
  return (url) => {
    const start = url.lastIndexOf(MODULES_FOLDER) + MODULES_FOLDER.length;
    const name = packageIn(url, start);
    const known = name === undefined ? undefined : byPackage.get(name);
    if (name === undefined || known === undefined || !url.startsWith('file:')) return undefined;
    const end = start + name.length + 1;
    const file = url.slice(end).replace(/[?#].*$/, '');
    const candidates = known.flatMap((target): readonly Candidate[] =>
      target.modules
        .filter((module) => module.file.test(file))
        .map((module) => ({ target, module })),
    );
    return { package: name, known, candidates, packageUrl: url.slice(0, end) };
  };
}

/** The package whose files lie at this place of a URL. */
function packageIn(url: string, start: number): string | undefined {
  if (start < MODULES_FOLDER.length) return undefined;
  const end = url.indexOf('/', start);
  const scoped = url.startsWith('@', start) ? url.indexOf('/', end + 1) : end;
  return end === -1 || scoped === -1 ? undefined : url.slice(start, scoped);
}

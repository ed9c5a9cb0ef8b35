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
export function locateModule(
  url: string,
  targets: readonly FrameworkTarget[],
): LocatedModule | undefined {
  if (!url.startsWith('file:')) return undefined;
  const start = url.lastIndexOf(MODULES_FOLDER);
  if (start === -1) return undefined;
  const inside = url.slice(start + MODULES_FOLDER.length).replace(/[?#].*$/, '');
  const known = targets.filter((target) => inside.startsWith(`${target.package}/`));
  const [first] = known;
  if (first === undefined) return undefined;
  const { package: name } = first;
  const file = inside.slice(name.length + 1);
  const candidates = known.flatMap((target): readonly Candidate[] =>
    target.modules.filter((module) => module.file.test(file)).map((module) => ({ target, module })),
  );
  const packageUrl = `${url.slice(0, start + MODULES_FOLDER.length)}${name}/`;
  return { package: name, known, candidates, packageUrl };
}

/** One module of a framework and what to wrap in it. */
export interface ModuleTarget {
  /** Path inside the package, with `/`. */
  readonly file: RegExp;
  /** Function declarations of the module's top level. All must be there, or the module counts as unattached. */
  readonly functions: readonly string[];
}

/** A framework as the load hook knows it. */
export interface FrameworkTarget {
  /** npm package. */
  readonly package: string;
  /** Majors that were tried; others load untouched and are reported. */
  readonly majors: readonly number[];
  readonly modules: readonly ModuleTarget[];
}

/** A target and the version of it that is being loaded. */
export interface LocatedModule {
  readonly framework: FrameworkTarget;
  readonly module: ModuleTarget;
  /** Directory of the package, with a `/` at its end, as a file URL. */
  readonly packageUrl: string;
}

const MODULES_FOLDER = '/node_modules/';

/** Finds the target that a module URL belongs to. Cheap for the many URLs that belong to none. */
export function locateModule(
  url: string,
  frameworks: readonly FrameworkTarget[],
): LocatedModule | undefined {
  if (!url.startsWith('file:')) return undefined;
  const start = url.lastIndexOf(MODULES_FOLDER);
  if (start === -1) return undefined;
  const inside = url.slice(start + MODULES_FOLDER.length).replace(/[?#].*$/, '');
  for (const framework of frameworks) {
    const prefix = `${framework.package}/`;
    if (!inside.startsWith(prefix)) continue;
    const file = inside.slice(prefix.length);
    const module = framework.modules.find((target) => target.file.test(file));
    if (module === undefined) return undefined;
    const packageUrl = url.slice(0, start + MODULES_FOLDER.length) + prefix;
    return { framework, module, packageUrl };
  }
  return undefined;
}

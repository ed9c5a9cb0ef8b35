/** Entry `./supported-frameworks`: what this release attaches to, for tools that look at an installation. */
import { FRAMEWORKS } from './frameworks/index.ts';
import { isIn, rangesText } from './load-hook/versions.ts';

export { loadHookKind, SUPPORTED_NODE, type LoadHookKind } from './load-hook/node-versions.ts';

/** A package that is attached to as it loads. */
export interface SupportedFramework {
  /** npm package, for example `ai`. */
  readonly package: string;
  /** Versions that were tried, for people: `>=7.0.0 <8.0.0`. */
  readonly versions: string;
  /** Whether this version of it is attached to. */
  readonly isSupported: (version: string) => boolean;
}

/** Every package that is attached to, in the order of their names. */
export function supportedFrameworks(): readonly SupportedFramework[] {
  const targets = FRAMEWORKS.flatMap((framework) => framework.targets);
  const names = [...new Set(targets.map((target) => target.package))].sort();
  return names.map((name) => {
    const ranges = targets
      .filter((target) => target.package === name)
      .flatMap(({ versions }) => versions);
    return {
      package: name,
      versions: rangesText(ranges),
      isSupported: (version) => isIn(version, ranges),
    };
  });
}

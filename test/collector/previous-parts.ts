import { spawnSync } from 'node:child_process';

/** Versions of one part of a manifest, as the builder has them. */
const PART = /^( {2}- gomod: )(\S+) (v[01]\.)(\d+)(\.\d+)$/gm;
const OURS = /opentelemetry/;
const GO = 'go';

/**
 * The manifest with parts of one release earlier for those that the module proxy does not have of this one. Not every
 * proxy has every part of every release; Go takes the newest of what the others of them need, so that all else of the
 * Collector is of the release that was asked for.
 */
export function withPartsThatAreThere(manifest: string, cwd: string): string {
  return manifest.replaceAll(PART, (line, head: string, module: string, ...version: string[]) => {
    const [major = '', minor = '', patch = ''] = version;
    if (!OURS.test(module) || isThere(`${module}@${major}${minor}${patch}`, cwd)) return line;
    return `${head}${module} ${major}${Number(minor) - 1}${patch}`;
  });
}

function isThere(module: string, cwd: string): boolean {
  return spawnSync(GO, ['list', '-m', module], { cwd, stdio: 'ignore' }).status === 0;
}

/** Parts of a Collector that are of another release than it, by what it says of itself: `name v0.N.0`. */
export function partsOfOtherReleases(components: string, version: string): readonly string[] {
  const parts = components.matchAll(/name: (\S+)\n\s+module: \S+ v(0\.\S+)/g);
  return [...parts].flatMap(([, name = '', own = '']) =>
    own === version ? [] : [`${name} v${own}`],
  );
}

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Versions of one part of a manifest, as the builder has them. */
const PART = /^( {2}- gomod: )(\S+) (v[01]\.)(\d+)(\.\d+)$/gm;
const OURS = /opentelemetry/;
/** Of old, parts of the core were packages of this module; that of the release must win over what older parts ask for. */
const CORE = 'go.opentelemetry.io/collector';
const GO = 'go';
/** Releases that are gone back for a part. */
const PATIENCE = 8;

/** Whether the module proxy has a module, with all that compiling it needs. */
export type IsThere = (modules: readonly string[]) => boolean;

/**
 * The manifest with an earlier release of the parts that the module proxy does not have of this one. Not every proxy has
 * every part of every release, or what it needs. Go takes the newest of what the others need, so that all else of the
 * Collector is of the release that was asked for.
 */
export function withPartsThatAreThere(manifest: string, isThere: IsThere): string {
  const ours = [...manifest.matchAll(PART)].filter(([, , module = '']) => OURS.test(module));
  const all = ours.map(([, , module, ...version]) => `${module}@${version.join('')}`);
  if (isThere(all)) return manifest;
  const lowered = manifest.replaceAll(PART, (line, head: string, module: string, ...rest) => {
    const [major, minor, patch] = rest as [string, string, string];
    if (!OURS.test(module)) return line;
    for (let back = 0; back <= PATIENCE; back += 1) {
      const version = `${major}${Number(minor) - back}${patch}`;
      if (isThere([`${module}@${version}`])) return `${head}${module} ${version}`;
    }
    return line;
  });
  const release = /^ {2}version: (\S+)$/m.exec(manifest)?.[1] ?? '';
  return lowered.replace(/^replaces:$/m, `replaces:\n  - ${CORE} => ${CORE} v${release}`);
}

/** Asks the module proxy that Go is set to, each time in a module of nothing that replaces what the manifest does. */
export function proxyIn(dir: string, manifest: string): IsThere {
  const replaced = [...manifest.matchAll(/^ {2}- (\S+ => \S+ \S+)$/gm)];
  const goMod = ['module probe', ...replaced.map(([, line]) => `replace ${line}`), ''].join('\n');
  return (modules) => {
    const parent = join(dir, 'probes');
    mkdirSync(parent, { recursive: true });
    const probe = mkdtempSync(join(parent, 'probe-'));
    writeFileSync(join(probe, 'go.mod'), goMod);
    const env = { ...process.env, GOFLAGS: '-mod=mod', GOWORK: 'off' };
    const { status } = spawnSync(GO, ['get', ...modules], { cwd: probe, env, stdio: 'ignore' });
    rmSync(probe, { recursive: true });
    return status === 0;
  };
}

/** Parts of a Collector that are of another release than it, by what it says of itself: `name v0.N.0`. */
export function partsOfOtherReleases(components: string, version: string): readonly string[] {
  const parts = components.matchAll(/name: (\S+)\n\s+module: \S+ v(0\.\S+)/g);
  return [...parts].flatMap(([, name = '', own = '']) =>
    own === version ? [] : [`${name} v${own}`],
  );
}

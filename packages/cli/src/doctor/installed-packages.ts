import { readFile, realpath } from 'node:fs/promises';
import path from 'node:path';

import { z } from 'zod';

/** A package that an application can reach. */
export interface InstalledPackage {
  readonly name: string;
  readonly version: string;
  /** Its directory, with links resolved. */
  readonly directory: string;
}

const Names = z.record(z.string(), z.unknown()).optional().catch(undefined);
const Manifest = z.object({
  name: z.string().optional().catch(undefined),
  version: z.string().optional().catch(undefined),
  dependencies: Names,
  devDependencies: Names,
  optionalDependencies: Names,
  peerDependencies: Names,
});
type Manifest = z.infer<typeof Manifest>;

/** Packages of one application that are looked at. */
const MAX_PACKAGES = 20_000;

/**
 * Every package that the application in a directory can load, found as Node finds them: from its `package.json` through the
 * dependencies of dependencies, each in the `node_modules` above who needs it. What is not installed is left out.
 */
export async function installedPackages(start: string): Promise<readonly InstalledPackage[]> {
  const root = await nearestManifest(start);
  if (root === undefined) return [];
  const found = new Map<string, InstalledPackage>();
  const waiting = [...needs(root.manifest, true)].map((name) => ({ name, from: root.directory }));
  const asked = new Set<string>();
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const question = `${next.name}\n${next.from}`;
    if (asked.has(question) || found.size >= MAX_PACKAGES) continue;
    asked.add(question);
    const directory = await locate(next.name, next.from);
    if (directory === undefined || found.has(directory)) continue;
    const manifest = await readManifest(directory);
    if (manifest === undefined) continue;
    const { version = 'unknown' } = manifest;
    found.set(directory, { name: next.name, version, directory });
    for (const name of needs(manifest, false)) waiting.push({ name, from: directory });
  }
  return [...found.values()].sort(
    (a, b) => compare(a.name, b.name) || compare(a.version, b.version),
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

function needs(manifest: Manifest, isRoot: boolean): ReadonlySet<string> {
  return new Set(
    [
      manifest.dependencies,
      manifest.optionalDependencies,
      manifest.peerDependencies,
      isRoot ? manifest.devDependencies : undefined,
    ].flatMap((names) => Object.keys(names ?? {})),
  );
}

async function nearestManifest(
  start: string,
): Promise<{ readonly directory: string; readonly manifest: Manifest } | undefined> {
  for (const directory of upwards(path.resolve(start))) {
    const manifest = await readManifest(directory);
    if (manifest !== undefined) return { directory, manifest };
  }
  return undefined;
}

/** Names come from manifests of strangers: one that leaves `node_modules` is none. */
async function locate(name: string, from: string): Promise<string | undefined> {
  if (!/^(?:@[\w.~-]+\/)?[\w~-][\w.~-]*$/.test(name)) return undefined;
  for (const directory of upwards(from)) {
    const candidate = path.join(directory, 'node_modules', name);
    const real = await realpath(candidate).catch(() => undefined);
    if (real !== undefined) return real;
  }
  return undefined;
}

function* upwards(from: string): Generator<string> {
  for (let directory = from; ; directory = path.dirname(directory)) {
    yield directory;
    if (directory === path.dirname(directory)) return;
  }
}

async function readManifest(directory: string): Promise<Manifest | undefined> {
  try {
    return Manifest.parse(JSON.parse(await readFile(path.join(directory, 'package.json'), 'utf8')));
  } catch {
    // None, or none that can be read: not a package.
    return undefined;
  }
}

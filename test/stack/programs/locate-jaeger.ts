import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { cacheDir } from './cache-dir.ts';
import type { LocateOptions, Program } from './program.ts';
import { runCommand } from './run-command.ts';

const GO = 'go';
const MODULE = 'github.com/jaegertracing/jaeger';
/**
 * The newest that a Go module proxy which knows tags alone can have: Jaeger tags 2.x without the `/v2` that its module path would need. Its
 * last tag of both lines, v1.76.0, is v2.13.0 too, and `cmd/jaeger` in it is Jaeger v2.
 */
const MODULE_VERSION = 'v1.76.0';
const VERSION = '2.13.0';
const PROGRAM_VARIABLE = 'AFTERTRACE_TEST_JAEGER';

/** The Jaeger of the environment variable, of PATH, or the one that was built; where there is Go, it is built. */
export async function locateJaeger(options: LocateOptions): Promise<Program | undefined> {
  const { note, env = process.env } = options;
  const dir = join(cacheDir(env), `jaeger-${VERSION}`);
  const named = env[PROGRAM_VARIABLE];
  for (const program of named === undefined ? ['jaeger', join(dir, 'jaeger')] : [named]) {
    const version = versionOf(program);
    if (version !== undefined) return { program, version };
  }
  if (named === undefined) return buildJaeger(dir, options);
  note(`${PROGRAM_VARIABLE} names ${named}, which cannot be used`);
  return undefined;
}

async function buildJaeger(dir: string, options: LocateOptions): Promise<Program | undefined> {
  const { note, env = process.env } = options;
  if (spawnSync(GO, ['version'], { stdio: 'ignore' }).status !== 0) {
    note('there is no go on PATH: Jaeger cannot be built');
    return undefined;
  }
  const sources = join(dir, 'sources');
  mkdirSync(sources, { recursive: true });
  note(`building Jaeger ${VERSION} in ${dir}; the first time this takes minutes`);
  const download = spawnSync(GO, ['mod', 'download', '-json', `${MODULE}@${MODULE_VERSION}`], {
    cwd: sources,
    env: { ...env, GOWORK: 'off' },
    encoding: 'utf8',
  });
  if (download.status !== 0) {
    note(`${MODULE} ${MODULE_VERSION} could not be had: ${download.stderr}${download.stdout}`);
    return undefined;
  }
  const { Dir: module } = JSON.parse(download.stdout) as { Dir: string };
  // The versions and checksums are Jaeger's own, so that nobody else has to vouch for them.
  writeFileSync(join(sources, 'go.mod'), buildModule(readFileSync(join(module, 'go.mod'), 'utf8')));
  copyFileSync(join(module, 'go.sum'), join(sources, 'go.sum'));
  const partial = join(dir, 'jaeger.partial');
  const flags = `-ldflags=-s -w -X ${MODULE}/internal/version.latestVersion=v${VERSION}`;
  const built = await runCommand(
    [GO, 'build', '-trimpath', flags, '-o', partial, `${MODULE}/cmd/jaeger`],
    {
      cwd: sources,
      env: {
        ...env,
        CGO_ENABLED: '0',
        GOWORK: 'off',
        GOFLAGS: `${env['GOFLAGS'] ?? ''} -mod=mod`.trim(),
      },
      note,
    },
  );
  if (!built) return undefined;
  const program = join(dir, 'jaeger');
  renameSync(partial, program);
  const version = versionOf(program);
  return version === undefined ? undefined : { program, version };
}

/** A module of nobody that needs what Jaeger needs, and Jaeger. */
function buildModule(goMod: string): string {
  const own = goMod.replace(/^module .*$/m, 'module aftertrace-test/jaeger');
  return `${own}\nrequire ${MODULE} ${MODULE_VERSION}\n`;
}

function versionOf(program: string): string | undefined {
  const { status, stdout } = spawnSync(program, ['version'], { encoding: 'utf8' });
  return status === 0 ? /"gitVersion":\s*"v?([^"]*)"/.exec(stdout)?.[1] : undefined;
}

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { cacheDir } from '../stack/programs/cache-dir.ts';
import type { LocateOptions, Program } from '../stack/programs/program.ts';
import { runCommand } from '../stack/programs/run-command.ts';
import { partsOfOtherReleases, withPartsThatAreThere } from './previous-parts.ts';

/** A Collector that can be started. */
export type Collector = Program;

/**
 * `previous`: the minor release before the one that `builder.yaml` names. A part that the module proxy does not have of
 * it is taken from the release before that, and this is told each time.
 */
export type CollectorRelease = 'current' | 'previous';

export interface CollectorOptions extends LocateOptions {
  /** Default `current`. `previous` is never looked for on PATH: nobody says that theirs is the one before. */
  readonly release?: CollectorRelease;
}

/** A program to use, before any other. */
const PROGRAM_VARIABLE = 'AFTERTRACE_TEST_OTELCOL';
/** The same for the previous release. */
const PREVIOUS_VARIABLE = 'AFTERTRACE_TEST_OTELCOL_PREVIOUS';
/** Names under which distributions come. */
const NAMES = ['otelcol-aftertrace', 'otelcol-contrib'] as const;
/** What a Collector must have to be measured and tested against. */
const NEEDED =
  `otlp otlp_grpc otlp_http file debug load_balancing prometheus memory_limiter probabilistic_sampler redaction
   tail_sampling batch forward span_metrics file_storage health_check`.split(/\s+/);
const GO = 'go';
const MANIFEST = join(import.meta.dirname, '../../collector-config/builder.yaml');

/** The list of parts, with the versions of a release: all components of a release move together. */
function manifestOf(release: CollectorRelease): string {
  const text = readFileSync(MANIFEST, 'utf8');
  if (release === 'current') return text;
  // Components are `0.N.0`, stable modules `1.M.0`; what is replaced for a proxy's sake stays as it is.
  const own = /^( {2}version: 0\.| {2}- gomod: \S*opentelemetry\S* v[01]\.)(\d+)/gm;
  return text.replaceAll(
    own,
    (_, before: string, minor: string) => `${before}${Number(minor) - 1}`,
  );
}

/** The version that the list of parts names. */
export function manifestVersion(release: CollectorRelease = 'current'): string {
  const version = /^ {2}version: (\S+)$/m.exec(manifestOf(release))?.[1];
  if (version === undefined) throw new Error(`${MANIFEST} names no dist.version`);
  return version;
}

/** Where a Collector is built: outside the checkout, one directory a version and set of parts. */
export function collectorDir(
  env: NodeJS.ProcessEnv = process.env,
  release: CollectorRelease = 'current',
): string {
  const lines = manifestOf(release).split('\n');
  const said = lines.filter((line) => !/^\s*(#|$)/.test(line)).join('\n');
  const parts = createHash('sha256').update(said).digest('hex').slice(0, 8);
  return join(cacheDir(env), `otelcol-${manifestVersion(release)}-${parts}`);
}

/**
 * The Collector of the environment variable, of PATH, or the one that was built; what none of them has is built when Go
 * is there. `undefined`: there is none, and the reason was told.
 */
export async function locateCollector(options: CollectorOptions): Promise<Collector | undefined> {
  const { note, env = process.env, release = 'current' } = options;
  const built = join(collectorDir(env, release), 'otelcol');
  const variable = variableOf(release);
  const named = env[variable];
  const candidates =
    named === undefined ? [...(release === 'current' ? NAMES : []), built] : [named];
  for (const program of candidates) {
    const version = versionOf(program);
    if (version === undefined) continue;
    const components = componentsOf(program);
    const missing = NEEDED.filter((name) => !new RegExp(`name: ${name}$`, 'm').test(components));
    if (missing.length === 0) {
      const others = partsOfOtherReleases(components, version);
      if (release === 'previous' && others.length > 0)
        note(
          `!! the Collector ${version} has ${others.join(', ')}: of these the module proxy had no ${version}`,
        );
      return { program, version };
    }
    note(`the Collector ${program} lacks ${missing.join(', ')}; looking for another`);
  }
  if (named !== undefined) {
    note(`${variable} names ${named}, which cannot be used`);
    return undefined;
  }
  return buildCollector(options);
}

/** Builds a Collector with the Go toolchain of this machine; takes minutes the first time. */
export async function buildCollector({
  note,
  env = process.env,
  release = 'current',
}: CollectorOptions): Promise<Collector | undefined> {
  const version = manifestVersion(release);
  const dir = collectorDir(env, release);
  const sources = join(dir, 'sources');
  const program = join(dir, 'otelcol');
  if (spawnSync(GO, ['version'], { stdio: 'ignore' }).status !== 0) {
    note('there is no go on PATH: a Collector cannot be built');
    return undefined;
  }
  mkdirSync(sources, { recursive: true });
  note(`building Collector ${version} in ${dir}; the first time this takes minutes`);
  const run = (command: readonly string[], cwd: string): Promise<boolean> =>
    runCommand(command, {
      cwd,
      env: { ...env, GOBIN: dir, GOFLAGS: `${env['GOFLAGS'] ?? ''} -mod=mod`.trim() },
      note,
    });
  const builder = join(dir, 'builder');
  if (!existsSync(builder)) {
    const module = `go.opentelemetry.io/collector/cmd/builder@v${version}`;
    if (!(await run([GO, 'install', module], dir))) return undefined;
  }
  const manifest = join(dir, 'builder.yaml');
  const wanted = manifestOf(release);
  const parts = release === 'current' ? wanted : withPartsThatAreThere(wanted, probeIn(dir));
  writeFileSync(manifest, parts.replace(/^dist:$/m, `dist:\n  output_path: ${sources}`));
  // The builder's `go mod tidy` asks for what only tests of the components need as well, which a proxy may not have:
  // the sources that it made before are enough.
  const generated = await run([builder, '--config', manifest, '--skip-compilation'], dir);
  if (!generated) note('the builder did not get through; compiling what it made');
  const partial = join(dir, 'otelcol.partial');
  const compile = [GO, 'build', '-trimpath', '-ldflags=-s -w', '-o', partial, '.'];
  if (!(await run(compile, sources))) return undefined;
  renameSync(partial, program);
  return locateCollector({ note, env: { ...env, [variableOf(release)]: program }, release });
}

function versionOf(program: string): string | undefined {
  const { status, stdout } = spawnSync(program, ['--version'], { encoding: 'utf8' });
  return status === 0 ? stdout.trim().split(/\s+/).at(-1) : undefined;
}

function componentsOf(program: string): string {
  return spawnSync(program, ['components'], { encoding: 'utf8' }).stdout;
}

function variableOf(release: CollectorRelease): string {
  return release === 'current' ? PROGRAM_VARIABLE : PREVIOUS_VARIABLE;
}

/** A module of nothing, in which Go can be asked about others. */
function probeIn(dir: string): string {
  const probe = join(dir, 'probe');
  mkdirSync(probe, { recursive: true });
  writeFileSync(join(probe, 'go.mod'), 'module probe\n');
  return probe;
}

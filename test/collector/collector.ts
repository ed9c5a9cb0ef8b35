import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** A Collector that can be started. */
export interface Collector {
  readonly program: string;
  /** As it says itself. */
  readonly version: string;
}

export interface CollectorOptions {
  /** A line for the person who waits. */
  readonly note: (text: string) => void;
  readonly env?: NodeJS.ProcessEnv;
}

/** A program to use, before any other. */
const PROGRAM_VARIABLE = 'AFTERTRACE_TEST_OTELCOL';
/** Where what was built is kept. */
const CACHE_VARIABLE = 'AFTERTRACE_TEST_CACHE';
/** Names under which distributions come. */
const NAMES = ['otelcol-aftertrace', 'otelcol-contrib'] as const;
/** What a Collector must have to be measured and tested against. */
const NEEDED =
  `otlp otlp_grpc otlp_http file debug load_balancing prometheus memory_limiter probabilistic_sampler redaction
   tail_sampling count forward span_metrics file_storage health_check`.split(/\s+/);
const GO = 'go';
const MANIFEST = join(import.meta.dirname, '../../collector-config/builder.yaml');

/** The version that `builder.yaml` names. */
export function manifestVersion(): string {
  const version = /^ {2}version: (\S+)$/m.exec(readFileSync(MANIFEST, 'utf8'))?.[1];
  if (version === undefined) throw new Error(`${MANIFEST} names no dist.version`);
  return version;
}

/** Where a Collector of this manifest is built: outside the checkout, one directory a version and set of parts. */
export function collectorDir(env: NodeJS.ProcessEnv = process.env): string {
  const cache =
    env[CACHE_VARIABLE] ??
    join(env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'aftertrace-test');
  const lines = readFileSync(MANIFEST, 'utf8').split('\n');
  const said = lines.filter((line) => !/^\s*(#|$)/.test(line)).join('\n');
  const parts = createHash('sha256').update(said).digest('hex').slice(0, 8);
  return join(cache, `otelcol-${manifestVersion()}-${parts}`);
}

/**
 * The Collector of the environment variable, of PATH, or the one that was built; what none of them has is built when Go
 * is there. `undefined`: there is none, and the reason was told.
 */
export async function locateCollector(options: CollectorOptions): Promise<Collector | undefined> {
  const { note, env = process.env } = options;
  const built = join(collectorDir(env), 'otelcol');
  const named = env[PROGRAM_VARIABLE];
  const candidates = named === undefined ? [...NAMES, built] : [named];
  for (const program of candidates) {
    const version = versionOf(program);
    if (version === undefined) continue;
    const missing = missingParts(program);
    if (missing.length === 0) return { program, version };
    note(`the Collector ${program} lacks ${missing.join(', ')}; looking for another`);
  }
  if (named !== undefined) {
    note(`${PROGRAM_VARIABLE} names ${named}, which cannot be used`);
    return undefined;
  }
  return buildCollector(options);
}

/** Builds the Collector of `builder.yaml` with the Go toolchain of this machine; takes minutes the first time. */
export async function buildCollector({
  note,
  env = process.env,
}: CollectorOptions): Promise<Collector | undefined> {
  const version = manifestVersion();
  const dir = collectorDir(env);
  const sources = join(dir, 'sources');
  const program = join(dir, 'otelcol');
  if (spawnSync(GO, ['version'], { stdio: 'ignore' }).status !== 0) {
    note('there is no go on PATH: a Collector cannot be built');
    return undefined;
  }
  mkdirSync(sources, { recursive: true });
  note(`building Collector ${version} in ${dir}; the first time this takes minutes`);
  const run = (command: readonly string[], cwd: string): Promise<boolean> =>
    runProgram(command, { cwd, env: { ...env, GOBIN: dir, GOFLAGS: '-mod=mod' }, note });
  const builder = join(dir, 'builder');
  if (!existsSync(builder)) {
    const module = `go.opentelemetry.io/collector/cmd/builder@v${version}`;
    if (!(await run([GO, 'install', module], dir))) return undefined;
  }
  const manifest = join(dir, 'builder.yaml');
  copyFileSync(MANIFEST, manifest);
  writeFileSync(
    manifest,
    readFileSync(MANIFEST, 'utf8').replace(/^dist:$/m, `dist:\n  output_path: ${sources}`),
  );
  // The builder's `go mod tidy` asks for what only tests of the components need as well, which a proxy may not have:
  // the sources that it made before are enough.
  const generated = await run([builder, '--config', manifest, '--skip-compilation'], dir);
  if (!generated) note('the builder did not get through; compiling what it made');
  const partial = join(dir, 'otelcol.partial');
  const compile = [GO, 'build', '-trimpath', '-ldflags=-s -w', '-o', partial, '.'];
  if (!(await run(compile, sources))) return undefined;
  renameSync(partial, program);
  const said = versionOf(program);
  return said === undefined ? undefined : { program, version: said };
}

function versionOf(program: string): string | undefined {
  const { status, stdout } = spawnSync(program, ['--version'], { encoding: 'utf8' });
  return status === 0 ? stdout.trim().split(/\s+/).at(-1) : undefined;
}

function missingParts(program: string): readonly string[] {
  const { stdout } = spawnSync(program, ['components'], { encoding: 'utf8' });
  return NEEDED.filter((name) => !new RegExp(`name: ${name}$`, 'm').test(stdout));
}

interface ProgramOptions {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly note: (text: string) => void;
}

/** Runs a program, tells what it does line by line; `false`: it failed, and its last words were told. */
function runProgram(command: readonly string[], options: ProgramOptions): Promise<boolean> {
  const [program = '', ...args] = command;
  options.note(`$ ${program} ${args.join(' ')}`);
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: options.env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let last = '';
    const hear = (chunk: Buffer): void => {
      last = `${last}${chunk.toString()}`.slice(-2000);
      const downloads = chunk.toString().match(/^go: downloading \S+/gm) ?? [];
      for (const line of downloads) options.note(`  ${line}`);
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.on('error', (error) => {
      options.note(`${program} could not be started: ${error.message}`);
      resolve(false);
    });
    child.on('close', (code) => {
      if (code !== 0) options.note(last.trim());
      resolve(code === 0);
    });
  });
}

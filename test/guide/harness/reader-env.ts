import { execFile } from 'node:child_process';
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

import type { Ports } from './ports.ts';

const run = promisify(execFile);

/** How this machine reaches its package registries is the machine's business: it is handed on as it is. */
const HANDED_ON =
  /^(?:npm_config_.*(?:cafile|proxy)|pip_.*|https?_proxy|no_proxy|node_extra_ca_certs|ssl_cert_(?:file|dir)|requests_ca_bundle)$/i;

export interface ReaderEnvOptions {
  /** Their home lies below it. */
  readonly dir: string;
  readonly ports: Ports;
  /** Where npm finds packages. */
  readonly registry: string;
  /** Commands that the reader has, by name: programs by absolute path. */
  readonly tools?: Readonly<Record<string, string>>;
  /** Commands that are given by a line of shell, by name; `"$@"` in it is what the reader typed. */
  readonly scripts?: Readonly<Record<string, string>>;
}

/**
 * The environment of a reader: an empty home, Node and npm, the system's own tools, what they were told to have, and
 * nothing of the person who runs the tests.
 */
export async function readerEnv(options: ReaderEnvOptions): Promise<Record<string, string>> {
  const { dir, ports, registry, tools = {}, scripts = {} } = options;
  const [home, bin] = [path.join(dir, '.reader/home'), path.join(dir, '.reader/bin')];
  await rm(path.join(dir, '.reader'), { recursive: true, force: true });
  await mkdir(home, { recursive: true });
  await mkdir(bin, { recursive: true });
  const programs = {
    node: process.execPath,
    npm: await which('npm'),
    npx: await which('npx'),
    ...tools,
  };
  for (const [name, program] of Object.entries(programs)) {
    await symlink(program, path.join(bin, name));
  }
  for (const [name, script] of Object.entries(scripts)) {
    await writeFile(path.join(bin, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  }
  const at = (port: Parameters<Ports['of']>[0]): string => `127.0.0.1:${ports.of(port)}`;
  return {
    ...handedOn(),
    HOME: home,
    PATH: `${bin}:/usr/bin:/bin`,
    LANG: 'C.UTF-8',
    NO_COLOR: '1',
    npm_config_registry: registry,
    npm_config_cache: await cacheOfPackages(path.join(dir, '.reader/npm')),
    npm_config_update_notifier: 'false',
    // Its warnings are about this machine: the npm that it has may run on an older Node than the reader's.
    npm_config_loglevel: 'error',
    // What listens on ports that its reader does not name.
    AFTERTRACE_SET_LISTEN__OTLP: at(4319),
    AFTERTRACE_SET_LISTEN__CONSOLE: at(4320),
  };
}

/** A setting of the npm that runs the tests. */
export async function npmConfig(name: string): Promise<string> {
  const { stdout } = await run('npm', ['config', 'get', name]);
  return stdout.trim();
}

/**
 * What npm has fetched before, by digest, but not what npx has installed before: that is known by version alone, and
 * every checkout has the same.
 */
async function cacheOfPackages(dir: string): Promise<string> {
  const shared = path.join(await npmConfig('cache'), '_cacache');
  await mkdir(shared, { recursive: true });
  await mkdir(dir, { recursive: true });
  await symlink(shared, path.join(dir, '_cacache'));
  return dir;
}

async function which(name: string): Promise<string> {
  const { stdout } = await run('/bin/sh', ['-c', `readlink -f "$(command -v ${name})"`]);
  return stdout.trim();
}

function handedOn(): Record<string, string> {
  const entries = Object.entries(process.env).flatMap(([name, value]) =>
    value !== undefined && HANDED_ON.test(name) ? [[name, value] as const] : [],
  );
  return Object.fromEntries(entries);
}

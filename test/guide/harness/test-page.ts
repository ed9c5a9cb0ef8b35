import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { beginsAsShown, matchesOutput } from './match-output.ts';
import { packPackages } from './pack-packages.ts';
import { openPageShell, type PageShell, type Typed } from './page-shell.ts';
import { takePorts, type Ports } from './ports.ts';
import { readPage, type CommandStep, type Page, type Step } from './read-page.ts';
import { npmConfig, readerEnv, type ReaderEnvOptions } from './reader-env.ts';
import { startRegistry, type Registry } from './start-registry.ts';

const GUIDE = fileURLToPath(new URL('../../../docs/guide', import.meta.url));
/** For what takes its time to arrive, and for programs to be ready. */
const PATIENCE_MILLIS = 120_000;
/** Packages of others are installed over a network. */
const STEP_MILLIS = 600_000;
const AGAIN_MILLIS = 500;

export interface PageOptions extends Pick<ReaderEnvOptions, 'tools' | 'scripts'> {
  /** Further variables, which stand for what a reader has set up. */
  readonly env?: (ports: Ports) => Readonly<Record<string, string>>;
  /** Files that another page, which this one points to, has the reader write: their names, by page. */
  readonly borrows?: Readonly<Record<string, readonly string[]>>;
  /**
   * Where the reader works, and what of it stays for the next time: what costs minutes to install. Default a new
   * directory of which nothing stays.
   */
  readonly kept?: { readonly dir: string; readonly names: readonly string[] };
}

/** Follows a page from its first block to its last as a reader would, with the packages of this checkout. */
export function testPage(file: string, options: PageOptions = {}): void {
  const { steps } = pageOf(file);
  describe(`docs/guide/${file}`, () => {
    const ends: (() => Promise<void> | void)[] = [];
    let shell: PageShell;
    let ports: Ports;
    let dir: string;
    let failed = false;

    beforeAll(async () => {
      const { kept } = options;
      dir = kept?.dir ?? (await mkdtemp(path.join(tmpdir(), 'aftertrace-guide-')));
      await clear(dir, kept?.names);
      ends.push(() => clear(dir, kept?.names));
      ports = await takePorts();
      const { url: registry } = await registryOfCheckout();
      const env = await readerEnv({ ...options, dir, ports, registry });
      shell = await openPageShell({ dir, env: { ...env, ...options.env?.(ports) } });
      ends.push(shell.close);
      for (const step of borrowed(options)) await follow(step, { shell, ports, dir });
    });
    afterAll(async () => {
      for (const end of ends.toReversed()) await end();
    });

    const titled = steps.map((step) => [titleOf(step), step] as const);
    test.for(titled)('%s', { timeout: STEP_MILLIS }, async ([, step], { skip }) => {
      // What comes after a step that failed says nothing.
      skip(failed, 'an earlier step of the page failed');
      failed = true;
      await follow(step, { shell, ports, dir });
      failed = false;
    });
  });
}

/** Removes a directory, or all of it but some names. */
async function clear(dir: string, names?: readonly string[]): Promise<void> {
  if (names === undefined) return rm(dir, { recursive: true, force: true });
  await mkdir(dir, { recursive: true });
  for (const name of await readdir(dir)) {
    if (!names.includes(name)) await rm(path.join(dir, name), { recursive: true, force: true });
  }
}

function pageOf(file: string): Page {
  return readPage(readFileSync(path.join(GUIDE, file), 'utf8'));
}

function borrowed({ borrows = {} }: PageOptions): readonly Step[] {
  const found: Step[] = [];
  for (const [page, files] of Object.entries(borrows)) {
    const { steps } = pageOf(page);
    for (const file of files) {
      const step = steps.find((one) => one.kind === 'file' && one.file === file);
      if (step === undefined) throw new Error(`${page} has no ${file}`);
      found.push(step);
    }
  }
  return found;
}

/** One for all pages of a suite: the tarballs are built once. */
let registry: Promise<Registry> | undefined;

function registryOfCheckout(): Promise<Registry> {
  registry ??= (async () => {
    const dir = await mkdtemp(path.join(tmpdir(), 'aftertrace-packed-'));
    const upstream = await npmConfig('registry');
    const started = await startRegistry(await packPackages(dir), upstream);
    await rm(dir, { recursive: true, force: true });
    return started;
  })();
  return registry;
}

interface Reader {
  readonly shell: PageShell;
  readonly ports: Ports;
  readonly dir: string;
}

async function follow(step: Step, reader: Reader): Promise<void> {
  const text = reader.ports.toTest(step.text);
  if (step.kind === 'file') {
    const file = path.join(reader.dir, step.file);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, text);
  } else if (step.how === 'background') {
    await startAndWait(step, text, reader);
  } else {
    await typeUntilAsShown(step, text, reader);
  }
}

/** Starts what goes on and waits until it has said what the page shows. */
async function startAndWait(step: CommandStep, text: string, reader: Reader): Promise<void> {
  const going = reader.shell.start(text);
  const deadline = performance.now() + PATIENCE_MILLIS;
  const shown = step.output ?? '';
  const said = (): string => reader.ports.toPage(going.output());
  while (!beginsAsShown(shown, said())) {
    if (!going.isRunning()) throw new Error(`it ended, having said:\n${said()}`);
    if (performance.now() > deadline) expect(said(), `line ${step.line}`).toBe(shown);
    await delay(AGAIN_MILLIS);
  }
  if (!going.isRunning()) throw new Error(`it ended, having said:\n${said()}`);
}

async function typeUntilAsShown(step: CommandStep, text: string, reader: Reader): Promise<void> {
  const { shell, ports } = reader;
  const deadline = performance.now() + PATIENCE_MILLIS;
  for (;;) {
    const typed = await shell.run(text);
    const output = ports.toPage(typed.output);
    if (isAsShown(step, { ...typed, output })) return;
    if (step.how === 'once' || performance.now() > deadline) {
      if (typed.exitCode !== step.exitCode) {
        throw new Error(`it ended with ${typed.exitCode}, not ${step.exitCode}:\n${output}`);
      }
      expect(output, `line ${step.line}`).toBe(step.output);
    }
    await delay(AGAIN_MILLIS);
  }
}

function isAsShown({ exitCode, output }: CommandStep, typed: Typed): boolean {
  if (typed.exitCode !== exitCode) return false;
  return output === undefined || matchesOutput(output, typed.output);
}

function titleOf(step: Step): string {
  if (step.kind === 'file') return `line ${step.line}: ${step.file} is written`;
  const [first = '', ...more] = step.text.trim().split('\n');
  return `line ${step.line}: ${first}${more.length > 0 ? ' …' : ''}`;
}

import { readdir } from 'node:fs/promises';

import type { FrameworkUnderTest } from '../framework-under-test.ts';
import type { Cell } from './cell.ts';

/** What of the matrix is asked for; undefined: all of it. */
export interface Filter {
  /** Names of frameworks, each with or without an install's suffix: `ai`, `ai@7`, `ai@7-first`. */
  readonly only: readonly string[] | undefined;
  readonly node: readonly string[] | undefined;
  readonly sdk: readonly number[] | undefined;
  readonly format: readonly string[] | undefined;
}

const NODES = ['22', '24', '26', '22.15', '24.5'] as const;
const SDKS = [2, 3] as const;
const FOLDER = new URL('../frameworks/', import.meta.url);

/** Every combination. */
export async function fullMatrix(filter: Filter): Promise<readonly Cell[]> {
  const loads = await loadsOf(filter);
  return loads
    .flatMap((load) => NODES.flatMap((node) => SDKS.map((sdk) => ({ ...load, node, sdk }))))
    .filter((cell) => isAsked(cell, filter));
}

/**
 * Every version in every format once, and over these each Node and each SDK: ten combinations of both, dealt in turn, so
 * that what depends on two of the four shows somewhere.
 */
export async function spanningMatrix(filter: Filter): Promise<readonly Cell[]> {
  const pairs = NODES.flatMap((node) => SDKS.map((sdk) => ({ node, sdk })));
  const asked = pairs.filter(({ node, sdk }) => has(filter.node, node) && has(filter.sdk, sdk));
  const loads = await loadsOf(filter);
  return loads
    .filter(({ format }) => has(filter.format, format))
    .flatMap((load, index) => {
      const pair = asked[(index * 3) % asked.length];
      return pair === undefined ? [] : [{ ...load, ...pair }];
    });
}

type Load = Pick<Cell, 'framework' | 'file' | 'install' | 'format'>;

/** The frameworks, one file each. */
export async function listFrameworks(): Promise<readonly Pick<Load, 'framework' | 'file'>[]> {
  const files = (await readdir(FOLDER)).filter((name) => name.endsWith('.ts')).toSorted();
  return await Promise.all(
    files.map(async (name) => {
      const file = new URL(name, FOLDER).href;
      const { framework } = (await import(file)) as { framework: FrameworkUnderTest };
      return { framework, file };
    }),
  );
}

/** Their versions and formats. */
async function loadsOf({ only }: Filter): Promise<readonly Load[]> {
  const frameworks = await listFrameworks();
  return frameworks.flatMap(({ framework, file }) =>
    framework.installs
      .filter(({ folder }) => only?.some((word) => isNamed(word, framework, folder)) !== false)
      .flatMap((install) =>
        install.formats.map((format) => ({ framework, file, install, format })),
      ),
  );
}

/** `ai` is all of it, `ai@7` every folder whose name goes on with `-7`. */
function isNamed(word: string, { name }: FrameworkUnderTest, folder: string): boolean {
  const [wanted, version] = word.split('@', 2);
  if (wanted !== name) return false;
  return version === undefined || folder.includes(`-${version}`);
}

function isAsked({ node, sdk, format }: Cell, filter: Filter): boolean {
  return has(filter.node, node) && has(filter.sdk, sdk) && has(filter.format, format);
}

function has<T>(list: readonly T[] | undefined, value: T): boolean {
  return list === undefined || list.includes(value);
}

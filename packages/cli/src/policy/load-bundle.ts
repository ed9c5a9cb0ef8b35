import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';

import { isBundleFileName, type CompiledPolicy } from '@aftertrace/policy';
import {
  compileBundle,
  formatProblem,
  readBundle,
  type BundleFile,
  type BundleProblem,
} from '@aftertrace/policy/compile';
import type { PolicyBundle, WrittenBundle } from '@aftertrace/schema';

import { CommandError } from '../exit-code.ts';

/** A bundle from a file or a directory, compiled, its rules' own tests run. */
export interface LoadedBundle {
  readonly policy: CompiledPolicy;
  readonly bundle: PolicyBundle;
  /** As it is written: what is signed and published. */
  readonly written: WrittenBundle;
  /** Says of a place in the bundle in which file and line it is. */
  readonly locate: (problem: BundleProblem) => BundleProblem;
}

/**
 * Loads a bundle.
 *
 * @throws CommandError with every problem, each with file, line and column.
 */
export async function loadBundle(source: string): Promise<LoadedBundle> {
  const read = readBundle(await readSource(source));
  if (!read.ok) throw notABundle(source, read.problems);
  const result = compileBundle(read.written);
  if (!result.ok) throw notABundle(source, result.problems.map(read.locate));
  const { policy, bundle } = result;
  // It has been validated: what is written is a bundle.
  return { policy, bundle, written: read.written as WrittenBundle, locate: read.locate };
}

/** @throws CommandError where a file cannot be read. */
export async function readSource(source: string): Promise<readonly BundleFile[]> {
  try {
    const isDirectory = (await stat(source)).isDirectory();
    const names = isDirectory ? (await readdir(source)).filter(isBundleFileName).toSorted() : [];
    const files = isDirectory ? names.map((name) => path.join(source, name)) : [source];
    return await Promise.all(
      files.map(async (file) => ({ file, text: await readFile(file, 'utf8') })),
    );
  } catch (error) {
    throw new CommandError(
      `cannot read ${source}: ${error instanceof Error ? error.message : ''}`,
      {
        cause: error,
      },
    );
  }
}

function notABundle(source: string, problems: readonly BundleProblem[]): CommandError {
  const lines = problems.map((problem) => `  ${formatProblem(problem)}`);
  return new CommandError(`${source} is not a policy bundle:\n${lines.join('\n')}`);
}

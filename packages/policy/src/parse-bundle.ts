import { compileBundle, type CompileResult } from './compile-bundle.ts';
import { readBundle, type BundleFile } from './read-bundle.ts';

/** Where a bundle's text comes from. */
export interface ParseBundleOptions {
  /** Name of the file, for problems only: nothing is read. */
  readonly file?: string;
}

/** Compiles the text of a bundle, YAML 1.2 or JSON. Each problem says in which line and column it is. */
export function parseBundle(text: string, options: ParseBundleOptions = {}): CompileResult {
  return parseBundleFiles([{ text, ...options }]);
}

/** The same of a bundle in several files (`readBundle` says how they are joined). Each problem says in which file it is. */
export function parseBundleFiles(files: readonly BundleFile[]): CompileResult {
  const read = readBundle(files);
  if (!read.ok) return read;
  const result = compileBundle(read.written);
  return result.ok ? result : { ok: false, problems: result.problems.map(read.locate) };
}

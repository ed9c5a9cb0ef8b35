import { LineCounter, parseDocument, type Node } from 'yaml';

import type { BundleProblem } from './bundle-problem.ts';
import { nodeFinder, repeatedKeys } from './yaml-members.ts';

/** One file of a bundle. */
export interface BundleFile {
  /** Its name, for problems and for the order of the files: nothing is read. Absent: the text has no name. */
  readonly file?: string;
  /** YAML 1.2 or JSON. */
  readonly text: string;
}

/** A bundle as it is written in its files, and where each part of it stands. */
export type ReadResult =
  | {
      readonly ok: true;
      readonly written: unknown;
      /** Adds file, line and column to a problem: of the value itself, else of the nearest one around it. */
      readonly locate: (problem: BundleProblem) => BundleProblem;
    }
  | { readonly ok: false; readonly problems: readonly BundleProblem[] };

/** Longer texts are refused, all files together. In UTF-16 units. */
const MAX_BUNDLE_CHARS = 8_000_000;
/** More files are refused. */
const MAX_BUNDLE_FILES = 1_000;

type Path = readonly (string | number)[];

interface ReadFile {
  readonly file: string | undefined;
  readonly nodeAt: (path: Path) => Node | undefined;
  readonly lines: LineCounter;
  readonly value: unknown;
}

/** Where a member of the bundle, or an element of one of its lists, came from. */
interface Source {
  readonly from: ReadFile;
  /** Elements of a list are counted from here in the bundle; undefined: the member is no list. */
  readonly firstIndex: number | undefined;
  readonly count: number;
}

/**
 * Reads the files of a bundle. Lists (`rules`, `profiles`, …) of several files are joined in the order of the files' names;
 * any other member stands in one file only. A single file is taken as it is.
 */
export function readBundle(files: readonly BundleFile[]): ReadResult {
  const tooMuch = sizeProblem(files);
  if (tooMuch !== undefined) return { ok: false, problems: [tooMuch] };
  const sorted = files.toSorted((a, b) => compare(a.file ?? '', b.file ?? ''));
  const results = sorted.map(readFile);
  const problems = results.flatMap((result) => ('problems' in result ? result.problems : []));
  if (problems.length > 0) return { ok: false, problems };
  const read = results.flatMap((result) => ('problems' in result ? [] : [result]));
  const [only] = read;
  if (read.length === 1 && only !== undefined) {
    const locate = (problem: BundleProblem): BundleProblem => place(problem, only, problem.path);
    return { ok: true, written: only.value, locate };
  }
  return join(read);
}

/** By code points: the same order on every machine. */
function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function sizeProblem(files: readonly BundleFile[]): BundleProblem | undefined {
  const chars = files.reduce((sum, { text }) => sum + text.length, 0);
  const [first] = files;
  const named = files.length === 1 && first?.file !== undefined ? { file: first.file } : {};
  if (first === undefined) return { message: 'there is no file of a bundle', path: [] };
  if (chars > MAX_BUNDLE_CHARS) {
    const message = `the bundle has ${chars} characters; at most ${MAX_BUNDLE_CHARS} are read`;
    return { message, path: [], ...named };
  }
  if (files.length <= MAX_BUNDLE_FILES) return undefined;
  const message = `the bundle has ${files.length} files; at most ${MAX_BUNDLE_FILES} are read`;
  return { message, path: [] };
}

function readFile({ file, text }: BundleFile): ReadFile | { problems: readonly BundleProblem[] } {
  const named = file === undefined ? {} : { file };
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    // Asked below, in less time.
    uniqueKeys: false,
    // The library would write to standard error of the agent.
    logLevel: 'error',
  });
  const at = (message: string, offset: number): BundleProblem => {
    const { line, col } = lines.linePos(offset);
    return { message, path: [], line, column: col, ...named };
  };
  const syntax = [...document.errors, ...document.warnings].map(({ message, pos }) =>
    at(message, pos[0]),
  );
  if (syntax.length > 0) return { problems: syntax };
  if (document.contents === null) {
    const message = 'the bundle is empty; it needs name, revision and rules';
    return { problems: [{ message, path: [], line: 1, column: 1, ...named }] };
  }
  try {
    const repeated = repeatedKeys(document).map(({ range }) =>
      at('Map keys must be unique', range?.[0] ?? 0),
    );
    if (repeated.length > 0) return { problems: repeated };
    // Aliases that grow beyond measure are refused by the library with a throw.
    const value: unknown = document.toJS({ maxAliasCount: 100 });
    return { file, nodeAt: nodeFinder(document), lines, value };
  } catch (error) {
    const message = error instanceof Error ? error.message : 'the YAML cannot be read';
    return { problems: [{ message, path: [], ...named }] };
  }
}

function join(files: readonly ReadFile[]): ReadResult {
  const written = new Map<string, unknown>();
  const sources = new Map<string, Source[]>();
  const problems: BundleProblem[] = [];
  for (const from of files) {
    if (!isMapping(from.value)) {
      const message = 'a file of a bundle holds members of it, for example "rules:" with a list';
      problems.push(place({ message, path: [] }, from, []));
      continue;
    }
    for (const [member, value] of Object.entries(from.value)) {
      const before = sources.get(member);
      const taken = written.get(member);
      if (before === undefined) {
        written.set(member, value);
        sources.set(member, [sourceOf(from, value, 0)]);
      } else if (Array.isArray(taken) && Array.isArray(value)) {
        before.push(sourceOf(from, value, taken.length));
        written.set(member, [...(taken as unknown[]), ...(value as unknown[])]);
      } else {
        const other = before[0]?.from.file ?? 'another file';
        const message = `${JSON.stringify(member)} stands in ${other} too; lists are joined, everything else stands in one file`;
        problems.push(place({ message, path: [member] }, from, [member]));
      }
    }
  }
  if (problems.length > 0) return { ok: false, problems };
  const locate = (problem: BundleProblem): BundleProblem => placeInFiles(problem, sources, files);
  return { ok: true, written: Object.fromEntries(written), locate };
}

function sourceOf(from: ReadFile, value: unknown, firstIndex: number): Source {
  return Array.isArray(value)
    ? { from, firstIndex, count: value.length }
    : { from, firstIndex: undefined, count: 0 };
}

function placeInFiles(
  problem: BundleProblem,
  sources: ReadonlyMap<string, readonly Source[]>,
  files: readonly ReadFile[],
): BundleProblem {
  const [member, index, ...rest] = problem.path;
  const candidates = sources.get(String(member)) ?? [];
  for (const { from, firstIndex, count } of candidates) {
    if (member === undefined) break;
    if (firstIndex === undefined || typeof index !== 'number')
      return place(problem, from, problem.path);
    if (index < firstIndex || index >= firstIndex + count) continue;
    return place(problem, from, [member, index - firstIndex, ...rest]);
  }
  // Of the bundle as a whole, such as a member that stands in no file: the first file is where to look.
  const [first] = files;
  return first === undefined ? problem : place(problem, first, []);
}

/** Adds the place at which a path ends in one file. */
function place(problem: BundleProblem, from: ReadFile, path: Path): BundleProblem {
  const named = from.file === undefined ? {} : { file: from.file };
  for (let length = path.length; length >= 0; length -= 1) {
    const offset = from.nodeAt(path.slice(0, length))?.range?.[0];
    if (offset === undefined) continue;
    const { line, col } = from.lines.linePos(offset);
    return { ...problem, ...named, line, column: col };
  }
  return { ...problem, ...named };
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

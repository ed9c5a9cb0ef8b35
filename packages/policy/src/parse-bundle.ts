import { isNode, LineCounter, parseDocument, type Document } from 'yaml';

import type { BundleProblem } from './bundle-problem.ts';
import { compileBundle, type CompileResult } from './compile-bundle.ts';

/** Where a bundle's text comes from. */
export interface ParseBundleOptions {
  /** Name of the file, for problems only: nothing is read. */
  readonly file?: string;
}

/** Longer texts are refused. In UTF-16 units. */
const MAX_BUNDLE_CHARS = 8_000_000;

/** Compiles the text of a bundle, YAML 1.2 or JSON. Each problem says in which line and column it is. */
export function parseBundle(text: string, options: ParseBundleOptions = {}): CompileResult {
  if (text.length > MAX_BUNDLE_CHARS) {
    const message = `the bundle has ${text.length} characters; at most ${MAX_BUNDLE_CHARS} are read`;
    return refuse([{ message, path: [] }], options);
  }
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    // The library would write to standard error of the agent.
    logLevel: 'error',
  });
  const syntax = syntaxProblems(document, lines);
  if (syntax.length > 0) return refuse(syntax, options);
  if (document.contents === null) {
    const message = 'the bundle is empty; it needs name, revision and rules';
    return refuse([{ message, path: [], line: 1, column: 1 }], options);
  }
  const value = valueOf(document);
  if ('problem' in value) return refuse([value.problem], options);
  const result = compileBundle(value.js);
  if (result.ok) return result;
  const located = result.problems.map((problem) => locate(problem, document, lines));
  return refuse(located, options);
}

function refuse(problems: readonly BundleProblem[], { file }: ParseBundleOptions): CompileResult {
  if (file === undefined) return { ok: false, problems };
  return { ok: false, problems: problems.map((problem) => ({ ...problem, file })) };
}

function syntaxProblems(document: Document, lines: LineCounter): readonly BundleProblem[] {
  const found = [...document.errors, ...document.warnings];
  return found.map(({ message, pos }) => {
    const { line, col } = lines.linePos(pos[0]);
    return { message, path: [], line, column: col };
  });
}

/** Aliases that grow beyond measure are refused by the library with a throw. */
function valueOf(document: Document): { js: unknown } | { problem: BundleProblem } {
  try {
    return { js: document.toJS({ maxAliasCount: 100 }) };
  } catch (error) {
    const message = error instanceof Error ? error.message : 'the YAML cannot be read';
    return { problem: { message, path: [] } };
  }
}

/** Adds line and column: of the node itself, else of the nearest one around it. */
function locate(problem: BundleProblem, document: Document, lines: LineCounter): BundleProblem {
  for (let length = problem.path.length; length >= 0; length -= 1) {
    const offset = offsetAt(document, problem.path.slice(0, length));
    if (offset === undefined) continue;
    const { line, col } = lines.linePos(offset);
    return { ...problem, line, column: col };
  }
  return problem;
}

function offsetAt(document: Document, path: readonly (string | number)[]): number | undefined {
  const node = path.length === 0 ? document.contents : document.getIn(path, true);
  return isNode(node) ? node.range?.[0] : undefined;
}

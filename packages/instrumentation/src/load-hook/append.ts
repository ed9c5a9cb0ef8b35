import { BOOT_KEY } from '../runtime-key.ts';
import type { ModuleTarget, WrapSite } from './target.ts';

/** What became of one module. */
export type AppendResult =
  | { readonly kind: 'appended'; readonly source: string; readonly symbols: readonly string[] }
  | { readonly kind: 'missing'; readonly symbols: readonly string[] };

/** The module's source and what to do with it. */
export interface AppendInput {
  readonly source: string;
  readonly module: ModuleTarget;
  readonly site: Omit<WrapSite, 'symbol'>;
}

/** Something to wrap: how the source names it, and what tells that it is there. */
interface Place {
  readonly symbol: string;
  /** The statements that rebind it, or undefined where the source does not have it. */
  readonly rebind: string | undefined;
}

/** The runtime inside the line: a name that no module has, since the line stands in the module's own scope. */
const RUNTIME = '$aftertrace$';
const LOOK_UP = `const ${RUNTIME}=globalThis[Symbol.for(${JSON.stringify(BOOT_KEY)})];`;

/** The line stands in this source: another hook of ours was there before. */
export function isAppended(source: string): boolean {
  return source.includes(LOOK_UP);
}

/**
 * Appends one line that rebinds functions and methods to their wrapped form, inside the module's own scope: calls from
 * within the module and from outside (live bindings) then reach the wrapper. No line of the original moves.
 * The line does nothing where the runtime is absent, and cannot throw; what it cannot bind it tells the runtime.
 */
export function appendWraps(input: AppendInput): AppendResult {
  const { functions = [], methods = [], exports = [], optionalExports = [] } = input.module;
  const places = [
    ...functions.map((name) => rebindFunction(input, name)),
    ...rebindMethods(input, methods),
    ...exports.map((name) => rebindExport(input, name)),
    ...optionalExports
      .map((name) => rebindExport(input, name))
      .filter(({ rebind }) => rebind !== undefined),
  ];
  const missing = places.filter(({ rebind }) => rebind === undefined);
  if (missing.length > 0) return { kind: 'missing', symbols: missing.map(({ symbol }) => symbol) };
  const statements = places.map(({ rebind }) => rebind).join('');
  const line = `;{${LOOK_UP}if(${RUNTIME}!==undefined){${statements}}}`;
  return {
    kind: 'appended',
    source: endingInNewline(input.source) + line,
    symbols: places.map(({ symbol }) => symbol),
  };
}

/** A top-level `function name(` or `async function name(`, at the start of a line. */
function rebindFunction({ source, site }: AppendInput, name: string): Place {
  const declared =
    standsInLine(source, `function ${name}(`, { after: FUNCTION_START }) ||
    standsInLine(source, `function* ${name}(`, { after: FUNCTION_START });
  if (!declared) return { symbol: name, rebind: undefined };
  const told = JSON.stringify({ ...site, symbol: name });
  const wrap = guarded(told, `${name}=${RUNTIME}.wrap(${told},${name});`);
  if (site.format === 'module') return { symbol: name, rebind: wrap };
  // In CommonJS the exports object holds the earlier value.
  const key = JSON.stringify(name);
  const again = guarded(told, `${RUNTIME}.exportAgain(${told},exports,${key},${name});`);
  return { symbol: name, rebind: wrap + again };
}

/** Of classes of the top level; whether a method is the class's own shows when the line runs. */
function rebindMethods(input: AppendInput, paths: readonly string[]): readonly Place[] {
  const declared = new Map<string, boolean>();
  return paths.map((path) => {
    const owner = path.slice(0, path.indexOf('.'));
    const isDeclared = declared.get(owner) ?? isClass(input.source, owner);
    declared.set(owner, isDeclared);
    return isDeclared ? rebindMethod(input, path) : { symbol: path, rebind: undefined };
  });
}

function isClass(source: string, name: string): boolean {
  return (
    standsInLine(source, `class ${name}`, {
      after: CLASS_START,
      before: (end) => !isNamePart(source[end]),
    }) ||
    standsInLine(source, ` ${name} = `, {
      after: VARIABLE_START,
      before: (end) => startsClass(source, end),
    })
  );
}

function rebindMethod({ source, site }: AppendInput, path: string): Place {
  const parts = path.split('.');
  const [owner = ''] = parts;
  const method = parts.at(-1) ?? '';
  const has = standsWhere(source, `${method}(`, (at) => !isNamePart(source[at - 1]));
  if (!has) return { symbol: path, rebind: undefined };
  const holder = parts.length === 3 ? `${owner}.prototype` : owner;
  const told = JSON.stringify({ ...site, symbol: path });
  const wrap = `${RUNTIME}.wrapMethod(${told},${holder},${JSON.stringify(method)});`;
  return { symbol: path, rebind: guarded(told, wrap) };
}

/** `export{local as name}` or `export{name}`, where the local one is a function declaration: others cannot be bound again. */
function rebindExport({ source, site }: AppendInput, name: string): Place {
  const clause = new RegExp(
    `export\\s*\\{(?:[^}]*?[\\s,])??(?:([\\w$]+) as )?${escaped(name)}\\s*[,}]`,
  );
  const found = clause.exec(source);
  const local = found === null ? undefined : (found[1] ?? name);
  const isFunction =
    local !== undefined && new RegExp(`function\\*?\\s*${escaped(local)}\\(`).test(source);
  if (!isFunction) return { symbol: name, rebind: undefined };
  const told = JSON.stringify({ ...site, symbol: name });
  return { symbol: name, rebind: guarded(told, `${local}=${RUNTIME}.wrap(${told},${local});`) };
}

/** What was found in the text need not be what runs: a name may be another's, or not be ready. The host never pays for that. */
function guarded(told: string, statement: string): string {
  return `try{${statement}}catch{${RUNTIME}.missed(${told})}`;
}

const FUNCTION_START = ['', 'export ', 'async ', 'export async '];
const CLASS_START = ['', 'export ', 'export default '];
const VARIABLE_START = ['var', 'let', 'const'].flatMap((word) => [word, `export ${word}`]);

/**
 * Whether `part` stands in a line after one of these and nothing else, and before what is wanted. Modules are up to
 * megabytes large, and found so at the speed of a search for text; an expression that begins with the start of a line is
 * tried at each of them.
 */
function standsInLine(
  source: string,
  part: string,
  {
    after,
    before,
  }: { readonly after: readonly string[]; readonly before?: (end: number) => boolean },
): boolean {
  return standsWhere(source, part, (at) => {
    const line = source.lastIndexOf('\n', at - 1) + 1;
    return after.includes(source.slice(line, at)) && (before?.(at + part.length) ?? true);
  });
}

function standsWhere(source: string, part: string, fits: (at: number) => boolean): boolean {
  for (let at = source.indexOf(part); at !== -1; at = source.indexOf(part, at + 1)) {
    if (fits(at)) return true;
  }
  return false;
}

/** `class`, or a class that a function makes which is called at once. */
function startsClass(source: string, at: number): boolean {
  if (source.startsWith('/* @__PURE__ */ (() => {', at)) return true;
  return source.startsWith('class', at) && !isNamePart(source[at + 'class'.length]);
}

function isNamePart(character: string | undefined): boolean {
  return character !== undefined && /[\w$]/.test(character);
}

function escaped(name: string): string {
  return name.replaceAll('$', String.raw`\$`);
}

/** The line must not become part of a comment, such as the one that names the source map. */
function endingInNewline(source: string): string {
  return source.endsWith('\n') ? source : `${source}\n`;
}

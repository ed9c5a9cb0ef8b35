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
    ...methods.map((path) => rebindMethod(input, path)),
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
  const declared = new RegExp(`^(?:export )?(?:async )?function\\*? ${escaped(name)}\\(`, 'm').test(
    source,
  );
  if (!declared) return { symbol: name, rebind: undefined };
  const told = JSON.stringify({ ...site, symbol: name });
  const wrap = guarded(told, `${name}=${RUNTIME}.wrap(${told},${name});`);
  if (site.format === 'module') return { symbol: name, rebind: wrap };
  // In CommonJS the exports object holds the earlier value.
  const key = JSON.stringify(name);
  const again = guarded(told, `${RUNTIME}.exportAgain(${told},exports,${key},${name});`);
  return { symbol: name, rebind: wrap + again };
}

/** A class of the top level; whether the method is its own shows when the line runs. */
function rebindMethod({ source, site }: AppendInput, path: string): Place {
  const parts = path.split('.');
  const [owner = ''] = parts;
  const method = parts.at(-1) ?? '';
  const name = escaped(owner);
  const declared = new RegExp(
    `^(?:export (?:default )?)?(?:class ${name}(?![\\w$])|(?:var|let|const) ${name} = (?:class(?![\\w$])|/\\* @__PURE__ \\*/ \\(\\(\\) => \\{))`,
    'm',
  ).test(source);
  const has = new RegExp(`(?<![\\w$])${escaped(method)}\\(`).test(source);
  if (!declared || !has) return { symbol: path, rebind: undefined };
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

function escaped(name: string): string {
  return name.replaceAll('$', String.raw`\$`);
}

/** The line must not become part of a comment, such as the one that names the source map. */
function endingInNewline(source: string): string {
  return source.endsWith('\n') ? source : `${source}\n`;
}

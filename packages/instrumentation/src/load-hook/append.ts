import { RUNTIME_KEY } from '../runtime-key.ts';
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

/**
 * Appends one line that rebinds functions and methods to their wrapped form, inside the module's own scope: calls from
 * within the module and from outside (live bindings) then reach the wrapper. No line of the original moves.
 * The line does nothing where the runtime is absent, and cannot throw.
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
  const runtime = `globalThis[Symbol.for(${JSON.stringify(RUNTIME_KEY)})]`;
  const statements = places.map(({ rebind }) => rebind).join('');
  const line = `;{const $w=${runtime};if($w!==undefined){${statements}}}`;
  return {
    kind: 'appended',
    source: endingInNewline(input.source) + line,
    symbols: places.map(({ symbol }) => symbol),
  };
}

/** A top-level `function name(` or `async function name(`, at the start of a line. */
function rebindFunction({ source, site }: AppendInput, name: string): Place {
  const declared = new RegExp(`^(?:export )?(?:async )?function\\*? ${name}\\(`, 'm').test(source);
  if (!declared) return { symbol: name, rebind: undefined };
  const wrap = `${name}=${wrapped(site, name, name)};`;
  return { symbol: name, rebind: site.format === 'module' ? wrap : `${wrap}${exportOf(name)}` };
}

/** A class of the top level; whether the method is its own shows when the line runs. */
function rebindMethod({ source, site }: AppendInput, path: string): Place {
  const parts = path.split('.');
  const [owner = ''] = parts;
  const method = parts.at(-1) ?? '';
  const declared = new RegExp(
    `^(?:export (?:default )?)?(?:class ${owner}\\b|(?:var|let|const) ${owner} = (?:class\\b|/\\* @__PURE__ \\*/ \\(\\(\\) => \\{))`,
    'm',
  ).test(source);
  const has = new RegExp(`\\b${method}\\(`).test(source);
  if (!declared || !has) return { symbol: path, rebind: undefined };
  const holder = parts.length === 3 ? `${owner}.prototype` : owner;
  const key = JSON.stringify(method);
  const rebind = `if(Object.hasOwn(${holder},${key}))try{${holder}[${key}]=${wrapped(site, path, `${holder}[${key}]`)}}catch{}`;
  return { symbol: path, rebind };
}

/** `export{local as name}` or `export{name}`, where the local one is a function declaration: others cannot be bound again. */
function rebindExport({ source, site }: AppendInput, name: string): Place {
  const clause = new RegExp(
    `export\\s*\\{(?:[^}]*?[\\s,])?(?:([\\w$]+) as |(?<!\\bas\\s))${name}\\s*[,}]`,
  );
  const found = clause.exec(source);
  const local = found === null ? undefined : (found[1] ?? name);
  const declaration = local === undefined ? undefined : `function ${escapeDollar(local)}\\(`;
  if (declaration === undefined || !new RegExp(declaration).test(source)) {
    return { symbol: name, rebind: undefined };
  }
  return { symbol: name, rebind: `${local}=${wrapped(site, name, local ?? '')};` };
}

function wrapped(site: AppendInput['site'], symbol: string, original: string): string {
  return `$w.wrap(${JSON.stringify({ ...site, symbol })},${original})`;
}

function escapeDollar(name: string): string {
  return name.replaceAll('$', String.raw`\$`);
}

/** In CommonJS the exports object holds the earlier value. */
function exportOf(name: string): string {
  const key = JSON.stringify(name);
  return `if(Object.hasOwn(exports,${key}))try{exports[${key}]=${name}}catch{}`;
}

/** The line must not become part of a comment, such as the one that names the source map. */
function endingInNewline(source: string): string {
  return source.endsWith('\n') ? source : `${source}\n`;
}

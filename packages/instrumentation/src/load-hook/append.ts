import { RUNTIME_KEY } from '../runtime-key.ts';

/** What became of one module. */
export type AppendResult =
  | { readonly kind: 'appended'; readonly source: string }
  | { readonly kind: 'missing'; readonly functions: readonly string[] };

/** The module's source and what to do with it. */
export interface AppendInput {
  readonly source: string;
  readonly format: 'module' | 'commonjs';
  readonly framework: string;
  readonly functions: readonly string[];
}

/**
 * Appends one line that rebinds function declarations to their wrapped form, inside the module's own scope: calls from
 * within the module and from outside (live bindings) then reach the wrapper. No line of the original moves.
 * The line does nothing where the runtime is absent, and cannot throw.
 */
export function appendWraps(input: AppendInput): AppendResult {
  const missing = input.functions.filter((name) => !declares(input.source, name));
  if (missing.length > 0) return { kind: 'missing', functions: missing };
  const runtime = `globalThis[Symbol.for(${JSON.stringify(RUNTIME_KEY)})]`;
  const rebind = input.functions.map((name) => {
    const wrap = `${name}=$w.wrap(${JSON.stringify(input.framework)},${JSON.stringify(name)},${name});`;
    return input.format === 'module' ? wrap : `${wrap}${exportOf(name)}`;
  });
  const line = `;{const $w=${runtime};if($w!==undefined){${rebind.join('')}}}`;
  return { kind: 'appended', source: endingInNewline(input.source) + line };
}

/** A top-level `function name(` or `async function name(`, at the start of a line. */
function declares(source: string, name: string): boolean {
  return new RegExp(`^(?:export )?(?:async )?function\\*? ${name}\\(`, 'm').test(source);
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

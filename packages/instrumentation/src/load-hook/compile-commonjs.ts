import { Module } from 'node:module';
import { pathToFileURL } from 'node:url';

import type { Attach } from './attach.ts';
import { plainText } from './source-text.ts';

/** Node's own; not documented, and what every tool that changes CommonJS as it loads stands on. */
type Compile = (this: unknown, content: string, filename: string, ...rest: unknown[]) => unknown;

/**
 * Attaches to what `require` loads, by `Module.prototype._compile`: the loader of another thread does not see it.
 * Node names the format in the third argument where it is an ES module that is required.
 */
export function compileCommonJs(attach: Attach): void {
  const prototype = Module.prototype as unknown as { _compile: Compile };
  const { _compile: original } = prototype;
  prototype._compile = function compile(content, filename, ...rest) {
    const source = attachFile(content, filename, { format: rest[0], attach });
    return Reflect.apply(original, this, [source ?? content, filename, ...rest]);
  };
}

function attachFile(
  content: unknown,
  filename: unknown,
  { format, attach }: { readonly format: unknown; readonly attach: Attach },
): string | undefined {
  if (typeof content !== 'string' || typeof filename !== 'string') return undefined;
  if (!filename.includes('node_modules')) return undefined;
  return attach({
    url: pathToFileURL(filename).href,
    format: format === 'commonjs' || format === 'module' ? format : undefined,
    source: plainText(content),
  });
}

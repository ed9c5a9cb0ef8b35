import { readFileSync } from 'node:fs';
import type { ModuleSource } from 'node:module';

/** CommonJS modules come without their source; the file has it. */
export function sourceText(url: string, source: ModuleSource | null | undefined): string {
  if (typeof source === 'string') return source;
  if (source === undefined || source === null) return readFileSync(new URL(url), 'utf8');
  return new TextDecoder().decode(source);
}

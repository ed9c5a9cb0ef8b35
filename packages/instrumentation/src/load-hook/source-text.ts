import { readFileSync } from 'node:fs';
import type { ModuleSource } from 'node:module';

/** What a module consists of. Most modules of a framework are only looked into: they stay bytes. */
export interface SourceText {
  /** `part` is ASCII. */
  has(part: string): boolean;
  text(): string;
}

/** As Node gives it to a hook; CommonJS modules come without their source, and the file has it. */
export function sourceText(url: string, source: ModuleSource | null | undefined): SourceText {
  if (typeof source === 'string') return plainText(source);
  let bytes: Buffer | undefined;
  const read = (): Buffer => (bytes ??= bytesOf(url, source));
  let text: string | undefined;
  return {
    has: (part) => read().includes(part, 0, 'latin1'),
    // As Node decodes it: without a byte order mark.
    text: () => (text ??= new TextDecoder().decode(read())),
  };
}

/** Text that is there already. */
export function plainText(text: string): SourceText {
  return { has: (part) => text.includes(part), text: () => text };
}

function bytesOf(url: string, source: Exclude<ModuleSource, string> | null | undefined): Buffer {
  if (source === undefined || source === null) return readFileSync(new URL(url));
  if (source instanceof ArrayBuffer || source instanceof SharedArrayBuffer)
    return Buffer.from(source);
  return Buffer.from(source.buffer, source.byteOffset, source.byteLength);
}

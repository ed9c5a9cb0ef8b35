import {
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  parseAllDocuments,
  parseDocument,
  visit,
  type Document,
} from 'yaml';

import { aliasWeight, MAX_ALIASED_VALUES } from './alias-weight.ts';

/** A setting, or a section of them, with its place. Sections that are not there are `undefined`. */
export interface ConfigEntry {
  /** Names from the root on. */
  readonly path: readonly string[];
  /** Where its name stands, from 1. */
  readonly line: number;
  /** Its value, where it is a single one that is known: defaults of environment variables count, others are not known. */
  readonly value: string | number | boolean | null | undefined;
  /** It comes from an environment variable without a default, or from another file. */
  readonly isElsewhere: boolean;
  /**
   * What stands below it, under a name or a path of names. Where something on the way comes from elsewhere it is that
   * something: what is below it is as little known.
   */
  get(...names: readonly string[]): ConfigEntry | undefined;
  /** The members of a section. */
  entries(): readonly ConfigEntry[];
  /** The items of a list; a single value is a list of one, as the Collector reads it. */
  items(): readonly ConfigEntry[];
  /** A value that is a text as it is written, with its place, in which there may be YAML again. */
  text(): PlacedText | undefined;
  /** The last part of {@link path}. */
  readonly name: string;
}

/** A text, and where in the file it stands. */
export interface PlacedText {
  readonly text: string;
  /** Names from the root on that lead to it. */
  readonly path: readonly string[];
  /** How many lines of the file come before its first. */
  readonly linesBefore: number;
}

/** Why a text cannot be read. */
export interface Unreadable {
  readonly ok: false;
  readonly line: number;
  readonly message: string;
}

/** The documents of a file, or why it cannot be read. */
export type ParsedTrees =
  | { readonly ok: true; readonly roots: readonly ConfigEntry[] }
  | Unreadable;

/** Larger files are refused. In UTF-16 units. */
const MAX_CHARS = 1_000_000;

/** Reads YAML 1.2 (which JSON is part of) and keeps the lines. Empty documents are none. */
export function parseTrees({ text, path, linesBefore }: PlacedText): ParsedTrees {
  const at = (line: number, message: string): Unreadable => ({
    ok: false,
    line: linesBefore + line,
    message,
  });
  if (text.length > MAX_CHARS) return at(1, `longer than ${MAX_CHARS} characters`);
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, {
    lineCounter: lines,
    prettyErrors: false,
    logLevel: 'error',
    // Compares each with each; below it is done at once.
    uniqueKeys: false,
  });
  const roots: ConfigEntry[] = [];
  for (const document of documents) {
    const [error] = document.errors;
    if (error !== undefined) return at(lines.linePos(error.pos[0]).line, error.message);
    const { contents } = document;
    if (contents === null || (isScalar(contents) && contents.value === null)) continue;
    const { line } = lines.linePos(contents.range[0]);
    if (!isMap(contents)) return at(line, NO_SECTIONS);
    const twice = firstTwice(document);
    if (twice !== undefined) return at(lines.linePos(twice).line, 'a name stands there twice');
    const targets = targetsOf(document);
    if (aliasWeight(contents, targets) > MAX_ALIASED_VALUES) return at(line, TOO_MANY);
    const source = { targets, lines, linesBefore };
    roots.push(new TreeEntry(source, { node: contents, path, line: linesBefore + line }));
  }
  return roots.length === 0 ? at(1, NO_SECTIONS) : { ok: true, roots };
}

const TOO_MANY = `its aliases stand for more than ${MAX_ALIASED_VALUES} values: write what they stand for, or name them less often`;
const NO_SECTIONS = 'expected sections such as receivers and service';

/** Where a name stands that its section has already. */
function firstTwice(document: Document): number | undefined {
  let found: number | undefined;
  visit(document, {
    Map: (_, { items }) => {
      const names = new Set<unknown>();
      for (const { key } of items) {
        if (!isScalar(key)) continue;
        if (!names.has(key.value)) names.add(key.value);
        else {
          found = key.range?.[0] ?? 0;
          return visit.BREAK;
        }
      }
      return undefined;
    },
  });
  return found;
}

/** What each alias stands for: the last node before it that has its anchor. In one pass, however many there are. */
function targetsOf(document: Document): ReadonlyMap<unknown, unknown> {
  const anchors = new Map<string, unknown>();
  const targets = new Map<unknown, unknown>();
  visit(document, (_, node) => {
    if (isAlias(node)) targets.set(node, anchors.get(node.source));
    else if (isNode(node) && node.anchor !== undefined) anchors.set(node.anchor, node);
  });
  return targets;
}

interface Source {
  readonly targets: ReadonlyMap<unknown, unknown>;
  readonly lines: LineCounter;
  readonly linesBefore: number;
}

interface Place {
  readonly node: unknown;
  readonly path: readonly string[];
  readonly line: number;
}

class TreeEntry implements ConfigEntry {
  readonly path: readonly string[];
  readonly line: number;
  readonly #source: Source;
  readonly #node: unknown;
  /** Once read, since what is looked for by name is looked for again and again. */
  #members: ReadonlyMap<string, ConfigEntry> | undefined;
  #items: readonly ConfigEntry[] | undefined;

  constructor(source: Source, { node, path, line }: Place) {
    this.#source = source;
    this.#node = isAlias(node) ? source.targets.get(node) : node;
    this.path = path;
    this.line = line;
  }

  get name(): string {
    return this.path.at(-1) ?? '';
  }

  get isElsewhere(): boolean {
    return typeof this.#scalar === 'string' && knownText(this.#scalar) === undefined;
  }

  get value(): string | number | boolean | null | undefined {
    const scalar = this.#scalar;
    if (typeof scalar === 'number' || typeof scalar === 'boolean' || scalar === null) return scalar;
    if (typeof scalar !== 'string') return undefined;
    const known = knownText(scalar);
    return known === undefined || known === scalar ? known : asYaml(known);
  }

  get(...names: readonly string[]): ConfigEntry | undefined {
    if (this.isElsewhere) return this;
    const [first, ...rest] = names;
    const member = this.#read().get(first ?? '');
    return rest.length === 0 ? member : member?.get(...rest);
  }

  entries(): readonly ConfigEntry[] {
    return [...this.#read().values()];
  }

  #read(): ReadonlyMap<string, ConfigEntry> {
    if (this.#members !== undefined) return this.#members;
    const found = new Map<string, ConfigEntry>();
    this.#collect(found, new Set());
    this.#members = found;
    return found;
  }

  /**
   * Own members, then what is merged in: of each name the first. A section that was seen adds nothing again, so anchors
   * may hold each other, and one another many times.
   */
  #collect(found: Map<string, ConfigEntry>, seen: Set<unknown>): void {
    if (!isMap(this.#node) || seen.has(this.#node)) return;
    seen.add(this.#node);
    const merged: Place[] = [];
    for (const { key, value } of this.#node.items) {
      if (!isScalar(key)) continue;
      const name = String(key.value);
      const line = this.#lineOf(key.range?.[0]);
      if (name === '<<') merged.push({ node: value, path: this.path, line });
      else if (!found.has(name)) {
        const place = { node: value, path: [...this.path, name], line };
        found.set(name, new TreeEntry(this.#source, place));
      }
    }
    for (const place of merged) new TreeEntry(this.#source, place).#merge(found, seen);
  }

  /** What `<<` brings in: an anchor of the file, or a list of them. */
  #merge(found: Map<string, ConfigEntry>, seen: Set<unknown>): void {
    if (!isSeq(this.#node)) return this.#collect(found, seen);
    if (seen.has(this.#node)) return;
    seen.add(this.#node);
    for (const node of this.#node.items)
      new TreeEntry(this.#source, { node, path: this.path, line: this.line }).#merge(found, seen);
  }

  items(): readonly ConfigEntry[] {
    if (!isSeq(this.#node))
      return this.#scalar === undefined || this.#scalar === null ? [] : [this];
    this.#items ??= this.#node.items.map((node, index) => {
      const range = (node as { readonly range?: readonly number[] | null }).range;
      const path = [...this.path, String(index)];
      return new TreeEntry(this.#source, { node, path, line: this.#lineOf(range?.[0]) });
    });
    return this.#items;
  }

  text(): PlacedText | undefined {
    const node = this.#node;
    if (!isScalar(node) || typeof node.value !== 'string') return undefined;
    const line = this.#lineOf(node.range?.[0]);
    // Of a block the first line says only that it is one.
    const isBlock = node.type === 'BLOCK_LITERAL' || node.type === 'BLOCK_FOLDED';
    return { text: node.value, path: this.path, linesBefore: isBlock ? line : line - 1 };
  }

  get #scalar(): unknown {
    if (this.#node === null) return null;
    return isScalar(this.#node) ? this.#node.value : undefined;
  }

  #lineOf(offset: number | undefined): number {
    const { lines, linesBefore } = this.#source;
    return offset === undefined ? this.line : linesBefore + lines.linePos(offset).line;
  }
}

/** Defaults of environment variables filled in; `undefined`: something in it is not known here. */
function knownText(text: string): string | undefined {
  const filled = text.replaceAll(
    /\$\{(?:env:)?[A-Za-z_][A-Za-z0-9_]{0,200}:-([^${}]{0,1000})\}/g,
    (_, fallback: string) => fallback,
  );
  return filled.replaceAll('$$', '').includes('${') ? undefined : filled;
}

function asYaml(text: string): string | number | boolean | null {
  const { contents } = parseDocument(text, { logLevel: 'error' });
  const value: unknown = isScalar(contents) ? contents.value : (contents ?? null);
  return typeof value === 'number' || typeof value === 'boolean' || value === null ? value : text;
}

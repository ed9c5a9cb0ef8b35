/** An argument of a function: a path such as `span.attributes`, a text, several texts, a number; others are not read. */
export type OttlArgument =
  | { readonly kind: 'path'; readonly path: string; readonly keys: readonly string[] }
  | { readonly kind: 'texts'; readonly texts: readonly string[]; readonly isList: boolean }
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'other'; readonly functions: readonly string[] };

/** `delete_key(span.attributes, "a") where …`, as far as it can be judged. */
export interface OttlStatement {
  readonly name: string;
  readonly arguments: readonly OttlArgument[];
  /** Whether it is done only where a condition holds. */
  readonly isConditional: boolean;
}

interface Token {
  readonly kind: 'word' | 'text' | 'number' | 'sign';
  readonly value: string;
}

const TOKEN =
  /\s+|(?<text>"(?:[^"\\]|\\.)*")|(?<number>-?\d+(?:\.\d+)?)|(?<word>[A-Za-z_][\w.]*)|(?<sign>[-()[\],{}:=<>!+*/])/y;

/** The words of a statement or condition; `undefined`: it is none. */
function tokensOf(text: string): readonly Token[] | undefined {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const groups = TOKEN.exec(text)?.groups;
    if (groups === undefined) return undefined;
    const [kind, value] = Object.entries(groups).find(([, found]) => found !== undefined) ?? [];
    if (value !== undefined) tokens.push({ kind: kind as Token['kind'], value });
  }
  return tokens;
}

/** Reads one statement of the transform processor; `undefined`: what it does is not known here. */
export function parseOttl(text: string): OttlStatement | undefined {
  const tokens = tokensOf(text);
  const [name, open] = tokens ?? [];
  if (tokens === undefined || name?.kind !== 'word' || open?.value !== '(') return undefined;
  const end = closingOf(tokens, 1);
  if (end === undefined) return undefined;
  const rest = tokens.slice(end + 1);
  const isConditional = rest.length > 0;
  if (isConditional && rest[0]?.value !== 'where') return undefined;
  const parts = split(tokens.slice(2, end));
  return { name: name.value, arguments: parts.map(readArgument), isConditional };
}

/** The paths that a condition looks at, without keys; `undefined`: it is none that can be read. */
export function pathsIn(condition: string): readonly string[] | undefined {
  const tokens = tokensOf(condition);
  return tokens?.flatMap(({ kind, value }, index) =>
    kind === 'word' &&
    !WORDS.has(value) &&
    !/^[A-Z]/.test(value) &&
    tokens[index + 1]?.value !== '('
      ? [value]
      : [],
  );
}

const WORDS = new Set(['and', 'or', 'not', 'true', 'false', 'nil', 'where']);
const OPENING = new Set(['(', '[', '{']);
const CLOSING = new Set([')', ']', '}']);

function closingOf(tokens: readonly Token[], start: number): number | undefined {
  let depth = 0;
  for (const [index, { kind, value }] of tokens.entries()) {
    if (index < start || kind !== 'sign') continue;
    if (OPENING.has(value)) depth += 1;
    else if (CLOSING.has(value)) depth -= 1;
    if (depth === 0) return index;
  }
  return undefined;
}

/** Arguments, at the commas that are not within one. */
function split(tokens: readonly Token[]): readonly (readonly Token[])[] {
  const parts: Token[][] = [[]];
  let depth = 0;
  for (const token of tokens) {
    if (token.kind === 'sign' && OPENING.has(token.value)) depth += 1;
    if (token.kind === 'sign' && CLOSING.has(token.value)) depth -= 1;
    if (depth === 0 && token.kind === 'sign' && token.value === ',') parts.push([]);
    else parts.at(-1)?.push(token);
  }
  return parts.filter((part) => part.length > 0);
}

function readArgument(tokens: readonly Token[]): OttlArgument {
  const [first, second] = tokens;
  // `target = attributes`: some arguments have names.
  if (first?.kind === 'word' && second?.value === '=' && tokens.length > 2)
    return readArgument(tokens.slice(2));
  if (tokens.length === 1 && first?.kind === 'number')
    return { kind: 'number', value: Number(first.value) };
  if (tokens.length === 1 && first?.kind === 'text')
    return { kind: 'texts', texts: [unquoted(first.value)], isList: false };
  if (first?.value === '[') {
    const texts = tokens.filter(({ kind }) => kind === 'text').map(({ value }) => unquoted(value));
    const isPlain = texts.length * 2 + 1 === tokens.length || tokens.length === 2;
    if (isPlain) return { kind: 'texts', texts, isList: true };
  }
  if (first?.kind === 'word' && second?.value !== '(' && !/^[A-Z]/.test(first.value)) {
    const keys = tokens.slice(1).filter(({ kind }) => kind !== 'sign');
    if (tokens.length === 1 + keys.length * 3 && keys.every(({ kind }) => kind === 'text'))
      return { kind: 'path', path: first.value, keys: keys.map(({ value }) => unquoted(value)) };
  }
  const functions = tokens.flatMap(({ kind, value }, index) =>
    kind === 'word' && tokens[index + 1]?.value === '(' ? [value] : [],
  );
  return { kind: 'other', functions };
}

/** Go's quoted texts, of which only `\"` and `\\` matter here. */
function unquoted(text: string): string {
  return text.slice(1, -1).replaceAll(/\\(.)/g, '$1');
}

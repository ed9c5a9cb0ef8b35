const TOKEN =
  /[ \t\r\n]*(?:([[\]{},:])|"(?:[ !#-[\]-\uffff]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|(?:true|false|null)|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)/y;

/** What may come next: a value, a key, what stands between, or nothing. */
type Expectation =
  | 'value'
  | 'value or ]'
  | 'key'
  | 'key or }'
  | 'colon'
  | 'comma or ]'
  | 'comma or }'
  | 'end';

/**
 * Where a text stops being JSON, in characters; `undefined` when it is valid or only ends too early. `JSON.parse`
 * tells its place only in some of its messages, and a person with a broken file needs it.
 */
export function jsonErrorOffset(text: string): number | undefined {
  const open: ('[' | '{')[] = [];
  let expected: Expectation = 'value';
  let offset = 0;
  while (offset < text.length) {
    TOKEN.lastIndex = offset;
    const match = matchToken(text);
    const start = skipSpace(text, offset);
    if (start === text.length) return undefined;
    if (match === null) return start;
    const next = step(expected, match[1] ?? (text[start] === '"' ? '"' : 'v'), open);
    if (next === undefined) return start;
    expected = next;
    offset = TOKEN.lastIndex;
  }
  return undefined;
}

/** Very long strings exhaust the expression's stack; the place is then the start of that string. */
function matchToken(text: string): RegExpExecArray | null {
  try {
    return TOKEN.exec(text);
  } catch {
    return null;
  }
}

function skipSpace(text: string, offset: number): number {
  let index = offset;
  while (index < text.length && ' \t\r\n'.includes(text.charAt(index))) index += 1;
  return index;
}

/** The next expectation after a token, or `undefined` when the token does not belong here. */
function step(expected: Expectation, token: string, open: ('[' | '{')[]): Expectation | undefined {
  const closed = (): Expectation => {
    const last = open.at(-1);
    if (last === undefined) return 'end';
    return last === '[' ? 'comma or ]' : 'comma or }';
  };
  switch (expected) {
    case 'value or ]':
    case 'value':
      if (token === ']' && expected === 'value or ]') break;
      if (token === '[' || token === '{') {
        open.push(token);
        return token === '[' ? 'value or ]' : 'key or }';
      }
      return token === '"' || token === 'v' ? closed() : undefined;
    case 'key or }':
    case 'key':
      if (token === '}' && expected === 'key or }') break;
      return token === '"' ? 'colon' : undefined;
    case 'colon':
      return token === ':' ? 'value' : undefined;
    case 'comma or ]':
      if (token === ']') break;
      return token === ',' ? 'value' : undefined;
    case 'comma or }':
      if (token === '}') break;
      return token === ',' ? 'key' : undefined;
    case 'end':
      return undefined;
  }
  open.pop();
  return closed();
}

import type { TextRange } from './detectors.ts';

/** Beginnings that providers give to their keys, with the shortest length of a whole key. */
const KEY_PREFIXES: readonly (readonly [prefix: string, minChars: number])[] = [
  ['sk-', 20],
  ['sk_live_', 20],
  ['sk_test_', 20],
  ['rk_live_', 20],
  ['ghp_', 30],
  ['gho_', 30],
  ['ghu_', 30],
  ['ghs_', 30],
  ['github_pat_', 30],
  ['glpat-', 20],
  ['xoxa-', 20],
  ['xoxb-', 20],
  ['xoxp-', 20],
  ['AKIA', 20],
  ['ASIA', 20],
  ['AIza', 35],
  ['npm_', 36],
  ['hf_', 30],
];

/** Names, without `-` and `_` and in lower case, whose value is a secret. */
const SECRET_NAMES: ReadonlySet<string> = new Set([
  'password',
  'passwd',
  'pwd',
  'secret',
  'apikey',
  'xapikey',
  'accesstoken',
  'refreshtoken',
  'authtoken',
  'authorization',
  'clientsecret',
  'privatekey',
  'secretkey',
  'secretaccesskey',
  'awssecretaccesskey',
  'connectionstring',
]);

/** Is this the name of a member or a variable that holds a secret? */
export function isSecretName(name: string): boolean {
  if (name.length > 64) return false;
  return SECRET_NAMES.has(name.replaceAll(/[-_]/g, '').toLowerCase());
}

/**
 * Secrets in text: keys with a known beginning, JSON web tokens, what stands behind `Bearer`, the values of
 * `password=…` and its like, and private keys in PEM. Every place is looked at a bounded number of times.
 */
export function findSecrets(text: string): readonly TextRange[] {
  const pem = findPrivateKeys(text);
  const words = findSecretWords(text);
  if (pem.length === 0) return words;
  const outside = words.filter(
    ([start, end]) => !pem.some(([from, to]) => start < to && end > from),
  );
  return [...pem, ...outside].sort((a, b) => a[0] - b[0]);
}

function findSecretWords(text: string): readonly TextRange[] {
  const ranges: TextRange[] = [];
  const words = /[\w-]+/g;
  for (let match = words.exec(text); match !== null; match = words.exec(text)) {
    const found = secretAt(text, match.index, match[0]);
    if (found === undefined) continue;
    ranges.push(found);
    words.lastIndex = found[1];
  }
  return ranges;
}

/** The secret that this word is, or that follows because of it. */
function secretAt(text: string, start: number, word: string): TextRange | undefined {
  const end = start + word.length;
  if (KEY_PREFIXES.some(([prefix, min]) => word.length >= min && word.startsWith(prefix))) {
    return [start, end];
  }
  if (word.startsWith('eyJ') && word.length >= 12) {
    const rest = matchAt(/\.[\w-]{4,4096}\.[\w-]{0,4096}/y, text, end);
    return rest === undefined ? undefined : [start, end + rest.length];
  }
  if (/^(?:bearer|basic)$/i.test(word)) return tokenAfter(text, end);
  return isSecretName(word) ? valueAfter(text, end) : undefined;
}

/** `Bearer <token>`. */
function tokenAfter(text: string, end: number): TextRange | undefined {
  const space = matchAt(/[ \t]{1,4}/y, text, end);
  if (space === undefined) return undefined;
  const token = matchAt(/[\w.+/~-]{12,4096}={0,2}/y, text, end + space.length);
  return token === undefined ? undefined : rangeOf(end + space.length, token);
}

/** `password=<value>`, `"api_key": "<value>"`, `Authorization: Basic <value>`. */
function valueAfter(text: string, end: number): TextRange | undefined {
  const separator = matchAt(
    /["']?\s{0,4}(?:=>|:=|[:=])\s{0,4}(?:["'`]?(?:bearer|basic)\s{1,4})?/iy,
    text,
    end,
  );
  if (separator === undefined) return undefined;
  const start = end + separator.length;
  const quote = matchAt(/["'`]/y, text, start);
  if (quote === undefined) return valueRange(start, matchAt(/[^\s"'`,;&<>]{1,4096}/y, text, start));
  const inQuotes = { '"': /[^"\n]{1,4096}/y, "'": /[^'\n]{1,4096}/y, '`': /[^`\n]{1,4096}/y };
  const pattern = inQuotes[quote as keyof typeof inQuotes];
  return valueRange(start + 1, matchAt(pattern, text, start + 1));
}

function valueRange(start: number, value: string | undefined): TextRange | undefined {
  // What has been redacted already is no find.
  if (value === undefined || value === '[REDACTED]') return undefined;
  return rangeOf(start, value);
}

function rangeOf(start: number, value: string): TextRange {
  return [start, start + value.length];
}

/** What a sticky pattern matches at this place. */
function matchAt(sticky: RegExp, text: string, at: number): string | undefined {
  sticky.lastIndex = at;
  return sticky.exec(text)?.[0];
}

const BEGIN = '-----BEGIN ';
const END = '-----END ';

/** From the first line of a private key to its last one, or to the end of the text where that is missing. */
function findPrivateKeys(text: string): readonly TextRange[] {
  const ranges: TextRange[] = [];
  let start = text.indexOf(BEGIN);
  while (start >= 0) {
    const label = text.slice(start, start + 64);
    if (!label.includes('PRIVATE KEY-----')) {
      start = text.indexOf(BEGIN, start + BEGIN.length);
      continue;
    }
    const last = text.indexOf(END, start);
    const close = last < 0 ? -1 : text.indexOf('-----', last + END.length);
    const end = close < 0 ? text.length : close + 5;
    ranges.push([start, end]);
    start = text.indexOf(BEGIN, end);
  }
  return ranges;
}

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

const SCHEMES: ReadonlySet<string> = new Set(['bearer', 'basic']);
const WORD = /[A-Za-z0-9_\-.+/~]+={0,2}/g;
const MIN_TOKEN_CHARS = 12;

/** Is this the name of a member or a variable that holds a secret? */
export function isSecretName(name: string): boolean {
  if (name.length > 64) return false;
  return SECRET_NAMES.has(name.replaceAll(/[-_]/g, '').toLowerCase());
}

/**
 * Secrets in text: keys with a known beginning, JSON web tokens, what stands behind `Bearer`, the values of
 * `password=…` and its like, and private keys in PEM. One pass over the words of the text.
 */
export function findSecrets(text: string): readonly TextRange[] {
  const pem = findPrivateKeys(text);
  const words = findSecretWords(text);
  if (pem.length === 0) return words;
  const outside = words.filter(([start]) => !pem.some(([from, to]) => start >= from && start < to));
  return [...pem, ...outside].sort((a, b) => a[0] - b[0]);
}

function findSecretWords(text: string): readonly TextRange[] {
  const ranges: TextRange[] = [];
  let previous: { readonly word: string; readonly end: number } = { word: '', end: 0 };
  for (const match of text.matchAll(WORD)) {
    const word = match[0];
    const start = match.index;
    if (isKey(word) || isSecretValue(word, previous.word, text.slice(previous.end, start))) {
      ranges.push([start, start + word.length]);
    }
    previous = { word, end: start + word.length };
  }
  return ranges;
}

function isKey(word: string): boolean {
  if (word.startsWith('eyJ') && word.length >= 32 && word.split('.', 4).length === 3) return true;
  return KEY_PREFIXES.some(([prefix, minChars]) => {
    return word.length >= minChars && word.startsWith(prefix);
  });
}

/** Does the word before, and what stands between, make this one a secret? */
function isSecretValue(word: string, before: string, between: string): boolean {
  if (between.length > 8) return false;
  if (between.trim() === '' && SCHEMES.has(before.toLowerCase())) {
    return word.length >= MIN_TOKEN_CHARS;
  }
  if (SCHEMES.has(word.toLowerCase())) return false;
  if (before.endsWith('=')) return isSecretName(before.replace(/=+$/, ''));
  return /[:=]/.test(between) && isSecretName(before);
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

import type { SensitiveFind } from './kinds.ts';

const SCHEME = /(?<![A-Za-z0-9])(?:bearer|basic)[ \t]{1,4}(?<value>[\w.~+/=-]{12,})/gi;

/** User or none, and password up to the last `@` of the authority. Neither holds `://` or a mark. */
const USER_INFO = /(?<=:\/\/)[^\s:@/?#[]*:(?<value>[^\s/?#"'`<>[\\]+)@/g;

/** Words are not: a digit or a capital inside tells `Basic dXNlcjpw…` from "basic understanding". */
export function looksMachineMade(value: string): boolean {
  return /\d|[a-z][A-Z]/.test(value);
}

/** What stands behind `Bearer` and `Basic`. */
export function findAuthorizations(text: string): readonly SensitiveFind[] {
  return findValues(text, SCHEME, 'authorization').filter(({ start, end }) =>
    looksMachineMade(text.slice(start, end)),
  );
}

/** Passwords in URLs: `postgres://user:password@host`. */
export function findUrlPasswords(text: string): readonly SensitiveFind[] {
  return text.includes('://') ? findValues(text, USER_INFO, 'url_password') : [];
}

function findValues(
  text: string,
  pattern: RegExp,
  kind: SensitiveFind['kind'],
): readonly SensitiveFind[] {
  const finds: SensitiveFind[] = [];
  for (const match of text.matchAll(pattern)) {
    const value = match.groups?.['value'] ?? '';
    const start = match.index + match[0].lastIndexOf(value);
    finds.push({ kind, start, end: start + value.length });
  }
  return finds;
}

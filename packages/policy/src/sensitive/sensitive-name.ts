import { isRedactionMark } from './redaction-mark.ts';

/** Names, in lower case and without anything but letters and digits, whose value is a secret. */
const EXACT: ReadonlySet<string> = new Set([
  'cookie',
  'setcookie',
  'credential',
  'credentials',
  'pin',
  'cvv',
  'cvc',
  'ssn',
  'token',
  'secrets',
  'passwords',
  'apikeys',
]);

/** What such names end with: `DB_PASSWORD`, `X-Api-Key`, `stripeWebhookSecret`, `aws_secret_access_key`. */
const ENDING = new RegExp(
  `(?:${[
    'passw(?:or)?d',
    'pwd',
    'passphrase',
    'passcode',
    'secret',
    '(?:api|secret|private|account|shared|signing|encryption|secretaccess|sharedaccess)key',
    '(?:access|refresh|auth|bearer|id|session|security|secret|api|bot)token',
    '(?:github|gitlab|npm|slack)token',
    'authorization',
    'connectionstring',
  ].join('|')})$`,
);

/** Longer names are no names. */
export const MAX_NAME_CHARS = 64;

/** A name as it is compared: `X-Api-Key` is `xapikey`. */
export function plainName(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '');
}

/** Does this name of a member, a variable or a header say that its value is a secret? */
export function isSensitiveName(name: string): boolean {
  if (name.length > MAX_NAME_CHARS) return false;
  const plain = plainName(name);
  return EXACT.has(plain) || ENDING.test(plain);
}

/**
 * Is the value of this member a secret because of the member's name? A flag, nothing at all and the mark of an earlier
 * redaction are none.
 */
export function isSensitiveMember(name: string, value: unknown): boolean {
  const holdsSomething =
    value !== undefined && value !== null && value !== '' && typeof value !== 'boolean';
  return holdsSomething && isSensitiveName(name) && !isRedactionMark(value);
}

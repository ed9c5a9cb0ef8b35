/**
 * What is looked for in texts. Every pattern is linear: no quantifier stands inside another over the same characters,
 * and each begins where a run of its own characters begins, so that no run is read twice.
 */
export interface Detector {
  /** The word that stands in the marker and in the counts. */
  readonly kind: string;
  /** Text without any of these (in lower case) is not searched. */
  readonly hints: readonly string[];
  /** Global. Where it has a group `value`, only the group is replaced. */
  readonly pattern: RegExp;
  /** A closer look at what was found. */
  readonly accepts?: (found: string) => boolean;
}

const KEY_PREFIXES = [
  'sk-[A-Za-z0-9_-]{16,}',
  '[spr]k_(?:live|test)_[A-Za-z0-9]{10,}',
  'gh[pousr]_[A-Za-z0-9]{30,}',
  'github_pat_[A-Za-z0-9_]{20,}',
  'glpat-[A-Za-z0-9_-]{16,}',
  'xox[abposr]-[A-Za-z0-9-]{10,}',
  '(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Z0-9])',
  'AIza[A-Za-z0-9_-]{35}',
  'ya29\\.[A-Za-z0-9_-]{20,}',
  'hf_[A-Za-z0-9]{30,}',
  'npm_[A-Za-z0-9]{36}',
  'SG\\.[A-Za-z0-9_-]{16,}\\.[A-Za-z0-9_-]{16,}',
  'whsec_[A-Za-z0-9+/=]{24,}',
  'dop_v1_[a-f0-9]{64}',
];

export const DETECTORS: readonly Detector[] = [
  {
    kind: 'api_key',
    hints: [
      'sk-',
      'k_live_',
      'k_test_',
      'gh',
      'glpat-',
      'xox',
      'akia',
      'asia',
      'aiza',
      'ya29.',
      'hf_',
      'npm_',
      'sg.',
      'whsec_',
      'dop_v1_',
    ],
    pattern: new RegExp(`(?<![A-Za-z0-9_-])(?:${KEY_PREFIXES.join('|')})`, 'g'),
  },
  {
    kind: 'jwt',
    hints: ['eyj'],
    pattern: /(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]*/g,
  },
  {
    kind: 'authorization',
    hints: ['bearer', 'basic'],
    pattern: /(?<![A-Za-z0-9])(?:bearer|basic)[ \t]{1,4}(?<value>[A-Za-z0-9._~+/=-]{12,})/gi,
    accepts: (found) => /\d/.test(found),
  },
  {
    kind: 'url_password',
    hints: ['://'],
    pattern: /(?<=:\/\/)[^\s:@/?#]{1,128}:(?<value>[^\s@/?#]{1,256})@/g,
  },
  {
    kind: 'secret',
    hints: [
      'passw',
      'pwd',
      'passphrase',
      'secret',
      'api_key',
      'api-key',
      'apikey',
      'access_token',
      'auth_token',
      'refresh_token',
      'private_key',
    ],
    pattern:
      /(?:password|passwd|pwd|passphrase|client[_-]?secret|secret[_-]?key|secret|api[_-]?key|access[_-]?token|auth[_-]?token|refresh[_-]?token|private[_-]?key)[\\"']{0,3}[ \t]{0,4}[:=][ \t]{0,4}[\\"']{0,3}(?<value>[^\s"'\\,;&{}[\]<>]{4,})/gi,
    accepts: (found) => !found.startsWith('[REDACTED'),
  },
  {
    kind: 'email',
    hints: ['@'],
    pattern:
      /(?<![A-Za-z0-9._%+-])[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}/g,
    accepts: (found) => /\.[A-Za-z]{2,}$/.test(found),
  },
  {
    kind: 'card',
    hints: [],
    pattern: /(?<![\d.,])\d(?:[ -]?\d){12,18}(?!\d)/g,
    accepts: isCardNumber,
  },
];

const BRANDS: readonly RegExp[] = [
  /^4(?:\d{12}|\d{15}|\d{18})$/,
  /^(?:5[1-5]\d{14}|2(?:2[2-9]|[3-6]\d|7[01])\d{13}|2720\d{12})$/,
  /^3[47]\d{13}$/,
  /^(?:6011|65\d\d|64[4-9]\d)\d{12}$/,
  /^3(?:0[0-5]|[68]\d)\d{11}$/,
  /^35(?:2[89]|[3-8]\d)\d{12}$/,
];

/** A number that a card brand would issue and whose check digit is right (Luhn, ISO/IEC 7812-1). */
export function isCardNumber(text: string): boolean {
  const digits = text.replace(/[ -]/g, '');
  return BRANDS.some((brand) => brand.test(digits)) && passesLuhn(digits);
}

function passesLuhn(digits: string): boolean {
  let sum = 0;
  for (let index = 0; index < digits.length; index += 1) {
    const digit = digits.charCodeAt(digits.length - 1 - index) - 48;
    const doubled = index % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

import type { TextRange } from './detectors.ts';

const LOCAL = /[\p{L}\p{N}.!#$%&'*+/=?^_`{|}~-]/u;
const DOMAIN = /[\p{L}\p{N}.-]/u;
const MAX_LOCAL_CHARS = 64;
const MAX_DOMAIN_CHARS = 255;

/**
 * E-mail addresses: a local part, `@`, and a domain with a dot and a top level of two letters or more. Every `@` is
 * looked at once and at most 64 units to the left and 255 to the right, so that the time is linear.
 */
export function findEmails(text: string): readonly TextRange[] {
  const ranges: TextRange[] = [];
  let floor = 0;
  for (let at = text.indexOf('@'); at >= 0; at = text.indexOf('@', at + 1)) {
    const start = startOfLocal(text, at, floor);
    const end = endOfDomain(text, at + 1);
    if (start === at || end === undefined) continue;
    ranges.push([start, end]);
    floor = end;
    at = end - 1;
  }
  return ranges;
}

function startOfLocal(text: string, at: number, floor: number): number {
  const lowest = Math.max(floor, at - MAX_LOCAL_CHARS);
  let start = at;
  while (start > lowest && LOCAL.test(text.charAt(start - 1))) start -= 1;
  while (start < at && text.charAt(start) === '.') start += 1;
  return start;
}

function endOfDomain(text: string, from: number): number | undefined {
  const highest = Math.min(text.length, from + MAX_DOMAIN_CHARS);
  let end = from;
  while (end < highest && DOMAIN.test(text.charAt(end))) end += 1;
  while (end > from && /[.-]/.test(text.charAt(end - 1))) end -= 1;
  const domain = text.slice(from, end);
  const dot = domain.lastIndexOf('.');
  return dot > 0 && /^[\p{L}]{2,}$/u.test(domain.slice(dot + 1)) ? end : undefined;
}

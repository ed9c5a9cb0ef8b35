import { findCards } from './find-cards.ts';
import { findAuthorizations, findUrlPasswords } from './find-credentials.ts';
import { findEmails } from './find-emails.ts';
import { findApiKeys, findJwts } from './find-keys.ts';
import { findNamedValues } from './find-named-values.ts';
import { findPrivateKeys } from './find-private-keys.ts';
import type { DetectorName, SensitiveFind, SensitiveKind } from './kinds.ts';
import { findMarks, markAt } from './redaction-mark.ts';

/** In order of certainty: of two kinds that find the same range, the first names it. */
const FINDERS: readonly (readonly [DetectorName, (text: string) => readonly SensitiveFind[]])[] = [
  ['secret', findPrivateKeys],
  ['secret', findApiKeys],
  ['secret', findJwts],
  ['secret', findAuthorizations],
  ['secret', findUrlPasswords],
  ['secret', findNamedValues],
  ['email', findAddresses],
  ['card', findCards],
];

/**
 * What the detectors find in a text, in ascending order and without overlap. The one idea of what is secret or
 * personal: rules and trajectory lines both ask here. Finds that overlap become one, named after the longest. The marks
 * of an earlier redaction are no finds. Time is linear in the text.
 */
export function findSensitive(
  text: string,
  detectors: readonly DetectorName[],
): readonly SensitiveFind[] {
  const finds = FINDERS.filter(([detector]) => detectors.includes(detector)).flatMap(([, find]) =>
    find(text),
  );
  return finds.length === 0 ? finds : merged(text, besideMarks(text, finds));
}

/** The password and host of a URL look like an address, and are none. */
function findAddresses(text: string): readonly SensitiveFind[] {
  const emails = findEmails(text);
  if (emails.length === 0) return emails;
  const signs = new Set(findUrlPasswords(text).map(({ end }) => end));
  return signs.size === 0
    ? emails
    : emails.filter(({ start }) => !signs.has(text.indexOf('@', start)));
}

/** Without what begins in a mark; what ends in one takes it whole. */
function besideMarks(text: string, finds: readonly SensitiveFind[]): readonly SensitiveFind[] {
  const marks = findMarks(text);
  if (marks.length === 0) return finds;
  return finds
    .filter(({ start }) => markAt(marks, start) === undefined)
    .map((find) => ({ ...find, end: markAt(marks, find.end - 1)?.end ?? find.end }));
}

/** What is attached to a find goes with it: without the find it would look like the beginning of something else. */
const ATTACHED = /[\w-]*(?:\.\d[\w-]*)*/y;

function merged(text: string, finds: readonly SensitiveFind[]): readonly SensitiveFind[] {
  const result: SensitiveFind[] = [];
  let current: SensitiveFind | undefined;
  let longest = 0;
  // The sort is stable: equal ranges stay in the order of the finders.
  for (const find of finds.toSorted((a, b) => a.start - b.start || b.end - a.end)) {
    if (current !== undefined && find.start >= current.end) current = withAttached(text, current);
    const length = find.end - find.start;
    if (current === undefined || find.start >= current.end) {
      if (current !== undefined) result.push(current);
      current = find;
      longest = length;
      continue;
    }
    const kind: SensitiveKind = length > longest ? find.kind : current.kind;
    longest = Math.max(longest, length);
    current = { kind, start: current.start, end: Math.max(current.end, find.end) };
  }
  if (current !== undefined) result.push(withAttached(text, current));
  return result;
}

function withAttached(text: string, find: SensitiveFind): SensitiveFind {
  ATTACHED.lastIndex = find.end;
  ATTACHED.test(text);
  return { ...find, end: ATTACHED.lastIndex };
}

import type { TextRange } from './detectors.ts';

const MIN_DIGITS = 13;
const MAX_DIGITS = 19;

/**
 * Payment card numbers: 13 to 19 digits (ISO/IEC 7812) whose first is 2 to 6 and which pass the Luhn check, written
 * together or in groups that one space or hyphen parts. A number may begin and end at any group, so that a date that
 * follows it does not hide it; the digits of one group are never split.
 */
export function findCards(text: string): readonly TextRange[] {
  const ranges: TextRange[] = [];
  for (const groups of groupRuns(text)) {
    let first = 0;
    while (first < groups.length) {
      const last = endOfCard(text, groups, first);
      const start = groups[first];
      const end = last === undefined ? undefined : groups[last];
      if (last !== undefined && start !== undefined && end !== undefined) {
        ranges.push([start[0], end[1]]);
        first = last + 1;
      } else {
        first += 1;
      }
    }
  }
  return ranges;
}

/** Runs of digit groups with exactly one space or hyphen between them. */
function groupRuns(text: string): readonly (readonly TextRange[])[] {
  const runs: TextRange[][] = [];
  let previousEnd = -2;
  for (const match of text.matchAll(/\d+/g)) {
    const start = match.index;
    const end = start + match[0].length;
    const joined = start === previousEnd + 1 && /[ -]/.test(text.charAt(previousEnd));
    if (joined) runs.at(-1)?.push([start, end]);
    else runs.push([[start, end]]);
    previousEnd = end;
  }
  return runs;
}

/** The longest card number that begins with this group: index of its last group. */
function endOfCard(text: string, groups: readonly TextRange[], first: number): number | undefined {
  let digits = '';
  let found: number | undefined;
  for (let last = first; last < groups.length; last += 1) {
    const [start, end] = groups[last] ?? [0, 0];
    if (digits.length + (end - start) > MAX_DIGITS) break;
    digits += text.slice(start, end);
    if (digits.length >= MIN_DIGITS && isCardNumber(digits)) found = last;
  }
  return found;
}

function isCardNumber(digits: string): boolean {
  if (!/^[2-6]/.test(digits)) return false;
  let sum = 0;
  for (let index = 0; index < digits.length; index += 1) {
    const digit = Number(digits.charAt(digits.length - 1 - index));
    const doubled = index % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

/** What redaction leaves in place of a find, whoever redacted: `[REDACTED]` or `[REDACTED:kind]`. */
const MARK = /\[REDACTED(?::[a-z_]{1,32})?\]/g;
const MARK_HERE = /\[REDACTED(?::[a-z_]{1,32})?\]/y;
const WHOLE_MARK = /^\[REDACTED(?::[a-z_]{1,32})?\]$/;

/** Is this text nothing but the mark of an earlier redaction? */
export function isRedactionMark(value: unknown): boolean {
  return typeof value === 'string' && WHOLE_MARK.test(value);
}

/** Does a mark stand at this place of a text? */
export function beginsWithMark(text: string, at: number): boolean {
  MARK_HERE.lastIndex = at;
  return MARK_HERE.test(text);
}

/** A range that a mark covers. */
interface MarkRange {
  readonly start: number;
  readonly end: number;
}

/** The marks in a text, in ascending order. */
export function findMarks(text: string): readonly MarkRange[] {
  if (!text.includes('[REDACTED')) return [];
  return [...text.matchAll(MARK)].map((match) => ({
    start: match.index,
    end: match.index + match[0].length,
  }));
}

/** The mark that covers a position, by binary search. */
export function markAt(marks: readonly MarkRange[], position: number): MarkRange | undefined {
  let low = 0;
  let high = marks.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const mark = marks[middle];
    if (mark === undefined) break;
    if (position < mark.start) high = middle;
    else if (position >= mark.end) low = middle + 1;
    else return mark;
  }
  return undefined;
}

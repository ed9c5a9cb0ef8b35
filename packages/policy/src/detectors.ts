import type { Redaction } from '@aftertrace/schema';

import { findCards } from './find-cards.ts';
import { findEmails } from './find-emails.ts';
import { findSecrets } from './find-secrets.ts';

/** What can be looked for in text. */
export type DetectorName = NonNullable<Redaction['detect']>[number];

/** A range in a text, in UTF-16 units, end exclusive. */
export type TextRange = readonly [start: number, end: number];

const DETECTORS: Readonly<Record<DetectorName, (text: string) => readonly TextRange[]>> = {
  email: findEmails,
  card: findCards,
  secret: findSecrets,
};

/** Where a detector finds something, in ascending order and without overlap. Time is linear in the text. */
export function detect(text: string, detector: DetectorName): readonly TextRange[] {
  return DETECTORS[detector](text);
}

/** A text without what the detectors find, and how much each of them found. */
export interface RedactedText {
  readonly text: string;
  readonly counts: Readonly<Partial<Record<DetectorName, number>>>;
}

/** Replaces what the detectors find, one detector after the other. Without a find, the same text comes back. */
export function redactText(
  text: string,
  detectors: readonly DetectorName[],
  replacement = '[REDACTED]',
): RedactedText {
  let redacted = text;
  const counts: Partial<Record<DetectorName, number>> = {};
  for (const detector of detectors) {
    const ranges = detect(redacted, detector);
    if (ranges.length === 0) continue;
    counts[detector] = (counts[detector] ?? 0) + ranges.length;
    redacted = replaceRanges(redacted, ranges, replacement);
  }
  return { text: redacted, counts };
}

function replaceRanges(text: string, ranges: readonly TextRange[], replacement: string): string {
  const parts: string[] = [];
  let from = 0;
  for (const [start, end] of ranges) {
    parts.push(text.slice(from, start), replacement);
    from = end;
  }
  parts.push(text.slice(from));
  return parts.join('');
}

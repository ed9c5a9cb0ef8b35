import type { Trajectory } from '@aftertrace/schema';

import { stringifyLossless } from '../json/lossless-json.ts';

/** A text in pieces that stand one behind another. */
export type Pieces = readonly string[];

/** A line's text. Integers beyond 2^53, which are `bigint`s here, cost a slower way; hardly any line has one. */
export function lineText(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch (error) {
    if (error instanceof TypeError) return stringifyLossless(value);
    throw error;
  }
}

/**
 * The same text, each step a piece of its own. A text with any sign beyond Latin-1 takes two bytes a sign, and several
 * times the time to encode: in pieces only the steps with such a sign do.
 */
export function linePieces(trajectory: Trajectory): Pieces {
  const pieces: string[] = [];
  let text = '';
  for (const [key, value] of Object.entries(trajectory)) {
    if (value === undefined) continue;
    text += `${text === '' && pieces.length === 0 ? '{' : ','}${JSON.stringify(key)}:`;
    if (value !== trajectory.steps) {
      text += lineText(value);
      continue;
    }
    pieces.push(`${text}[`);
    for (const [index, step] of trajectory.steps.entries())
      pieces.push(index === 0 ? lineText(step) : `,${lineText(step)}`);
    text = ']';
  }
  pieces.push(`${text}}`);
  return pieces;
}

/** UTF-16 units of the whole text. */
export function charsOf(pieces: Pieces): number {
  let chars = 0;
  for (const { length } of pieces) chars += length;
  return chars;
}

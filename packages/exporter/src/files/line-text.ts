import type { Trajectory } from '@aftertrace/schema';

import type { InSteps } from '../in-steps.ts';
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
 * times the time to encode: in pieces only the steps with such a sign do. No piece is made of others, which would have to
 * be copied into one before they are encoded.
 */
export function* linePieces(trajectory: Trajectory): InSteps<Pieces> {
  const pieces: string[] = [];
  let before = '{';
  for (const [key, value] of Object.entries(trajectory)) {
    if (value === undefined) continue;
    pieces.push(`${before}${JSON.stringify(key)}:`);
    before = ',';
    if (value === trajectory.steps) yield* addSteps(trajectory.steps, pieces);
    else pieces.push(lineText(value));
  }
  pieces.push('}');
  return pieces;
}

function* addSteps(steps: Trajectory['steps'], pieces: string[]): InSteps<void> {
  pieces.push('[');
  for (let index = 0; index < steps.length; index += 1) {
    if (index > 0) pieces.push(',');
    pieces.push(lineText(steps[index]));
    yield;
  }
  pieces.push(']');
}

/** UTF-16 units of the whole text. */
export function charsOf(pieces: Pieces): number {
  let chars = 0;
  for (const { length } of pieces) chars += length;
  return chars;
}

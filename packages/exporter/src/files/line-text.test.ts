import * as fc from 'fast-check';
import { expect, it } from 'vitest';

import { linePieces, charsOf, lineText } from './line-text.ts';
import { atOnce } from '../in-steps.ts';
import { variedTrajectory } from './testing/varied-trajectory.ts';

const texts = fc.string({ unit: 'binary' });

it('says in pieces what the text of the line says', () => {
  fc.assert(
    fc.property(fc.array(texts), fc.dictionary(texts, fc.jsonValue()), (messages, extra) => {
      const plain = variedTrajectory({ run: 'r1', message: 'first' });
      const [step] = plain.steps;
      const line = {
        ...plain,
        session_id: undefined,
        steps: messages.map((message) => ({ ...step!, message })),
        extra: { ...plain.extra, ...extra },
        final_metrics: { total_steps: messages.length },
      };
      const pieces = atOnce(linePieces(line));
      expect(pieces.join('')).toBe(JSON.stringify(line));
      expect(charsOf(pieces)).toBe(JSON.stringify(line).length);
    }),
  );
});

it('keeps all digits of integers that are in steps', () => {
  const line = variedTrajectory({ run: 'r1', message: 'first' });
  const [step] = line.steps;
  const large = { ...line, steps: [{ ...step!, extra: { n: 12_345_678_901_234_567_890n } }] };
  expect(atOnce(linePieces(large)).join('')).toBe(lineText(large));
  expect(lineText(large)).toContain('"n":12345678901234567890}');
});

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { createMemberIndex } from './member-index.ts';
import { structureRules } from './tool-rules.ts';

const rulesFor = createMemberIndex(structureRules);
const members = [...new Set(structureRules.flatMap((rule) => rule.members ?? []))];

describe('the index of rules by members', () => {
  it('leaves out no rule that has something to say', () => {
    const key = fc.oneof(fc.constantFrom(...members), fc.string());
    const value = fc.oneof(
      fc.constantFrom<unknown>(
        true,
        false,
        null,
        0,
        1,
        -7,
        404,
        '0',
        '',
        'error',
        'False',
        'NOT_FOUND',
      ),
      fc.constantFrom<unknown>(
        [],
        [{ error: 'x' }],
        [{ msg: 'x' }],
        { status: 404 },
        { exit_code: 1 },
      ),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.dictionary(key, value, { maxKeys: 6 }), (object) => {
        const selected = rulesFor(Object.keys(object));
        for (const rule of structureRules) {
          if (selected.includes(rule)) continue;
          expect([rule.id, rule.judge({ value: object, pointer: '' })]).toEqual([
            rule.id,
            undefined,
          ]);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('asks all rules where the members are not known, and few where they say nothing', () => {
    expect(rulesFor(undefined)).toEqual(structureRules);
    expect(rulesFor(['order', 'customer'])).toEqual([]);
  });
});

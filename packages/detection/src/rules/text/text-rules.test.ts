import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { judgeToolCall } from '../../judge-tool-call.ts';
import { textSubject } from '../../text/text-subject.ts';
import { textRules } from './text-rules.ts';

/** Pieces of which patterns are made, repeated: what makes an expression that is not linear run for ever. */
const PIECES = [
  'a',
  ' ',
  'a ',
  'no ',
  'the ',
  'error ',
  'error: ',
  'failed ',
  'x: ',
  'a.b.',
  'A_b.',
  "'a' ",
  '`x` ',
  '1 ',
  '1, ',
  '((((',
  '<a',
  '<a>',
  '<title>',
  '=',
  '= ',
  '-',
  '\t',
  '\n',
  '\n^',
  '\\',
  '"',
  'Error: ',
  'permission ',
  'argument ',
  'missing required ',
  'exit code ',
  'old_str ',
  'string ',
  'returned error ',
  'not found ',
  'Traceback (most recent call last)\n',
  '錯',
  '\u{1F600}',
] as const;
const LENGTHS = [150, 590, 1_490, 3_900, 60_000] as const;
const ENDS = ['', '!', ':', '\n', ' x', '"'] as const;

function* hostileTexts(): Generator<string> {
  for (const piece of PIECES) {
    for (const length of LENGTHS) {
      const text = piece.repeat(Math.ceil(length / piece.length)).slice(0, length);
      for (const end of ENDS) yield text + end;
    }
  }
}

describe('the rules about text', () => {
  // Backtracking takes hours for these: the test's own timeout is the bound.
  it('come to an end on text that is made of what they look for', () => {
    const odd: string[] = [];
    for (const voice of ['own', 'program', 'foreign'] as const) {
      const profile = { id: voice === 'own' ? 'edit' : voice, tools: [], voice };
      for (const text of hostileTexts()) {
        const subject = textSubject(text, { profile, command: text });
        if (subject === undefined) continue;
        for (const rule of textRules) {
          const hit = rule.judge(subject);
          if (hit !== undefined && hit.outcome === 'ok')
            odd.push(`${rule.id} on ${text.slice(0, 40)}`);
        }
      }
    }
    expect(odd).toEqual([]);
  });

  it('never throw and keep their evidence within the text', () => {
    const piece = fc.oneof(fc.constantFrom(...PIECES), fc.string({ unit: 'binary' }));
    const text = fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join(''));
    const tool = fc.constantFrom('bash', 'edit', 'read_file', 'lookup', 'python');
    fc.assert(
      fc.property(tool, text, (name, result) => {
        const { evidence } = judgeToolCall({ tool: name, result });
        const [from, to] = evidence?.range ?? [0, 0];
        expect(from).toBeGreaterThanOrEqual(0);
        expect(to).toBeGreaterThanOrEqual(from);
        const isText = !/^\s*[{["n]/.test(result);
        expect(isText ? to : 0).toBeLessThanOrEqual(result.length);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('a success', () => {
  const successes = [
    'Successfully created the file.',
    'Done.',
    'The order was cancelled.',
    'File written successfully to /w/a.txt',
    'success: true',
    'Updated 3 rows.',
    'OK',
  ] as const;
  const prose = [
    'The previous file was not found, so it was made anew.',
    'Note that the old version had failed.',
    'Permission denied errors in the log are harmless.',
    'It no longer exists.',
    'There was an error earlier; it is gone.',
    'Nothing timed out.',
  ] as const;
  const tools = ['lookup', 'write_file', 'edit', 'search', 'read_file'] as const;

  it('does not become a failure by prose after it', () => {
    for (const tool of tools) {
      for (const success of successes) {
        for (const after of prose) {
          for (const between of [' ', '\n', '\n\n']) {
            const result = `${success}${between}${after}`;
            const { outcome, rule } = judgeToolCall({ tool, result });
            expect(`${tool}: ${result}: ${outcome} ${outcome === 'ok' ? '' : rule}`).toBe(
              `${tool}: ${result}: ok `,
            );
          }
        }
      }
    }
  });
});

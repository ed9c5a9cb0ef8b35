import { expect, test } from 'vitest';

import { BRIEF, longText, moreRows, WHOLE } from './long-text.ts';
import { html } from './html.ts';

const shown = (text: string, limits = BRIEF): string => html`${longText(text, limits)}`.toString();

test('a short text is shown with its lines, the first of which may be empty', () => {
  expect(shown('\na\n b')).toBe('<pre>\n\na\n b</pre>');
  expect(shown('')).toBe('');
});

test('a long text is folded under its head, with its size', () => {
  const folded = shown('word '.repeat(200));
  expect(folded).toContain('<details class="long">');
  expect(folded).toContain('1,000 characters');
  expect(folded).toContain(`<pre>\n${'word '.repeat(200)}</pre>`);
  expect(folded).not.toContain('?full=1');
});

test('many short lines are folded too', () => {
  expect(shown('x\n'.repeat(40))).toContain('<details');
});

test('a huge text is cut, with a count of what is left and a way to it', () => {
  const cut = shown('x'.repeat(1_000_000));
  expect(cut.length).toBeLessThan(25_000);
  expect(cut).toContain('980,000 more characters are not on this page');
  expect(cut).toContain('<a href="?full=1">Show everything</a>');
  expect(shown('x'.repeat(1_000_000), WHOLE)).toContain('x'.repeat(1_000_000));
});

test('a pair of surrogates is not cut in two', () => {
  expect(shown('👍'.repeat(30_000))).not.toContain('⟨U+D83D⟩');
  expect(shown(`a${'👍'.repeat(30_000)}`)).not.toContain('⟨U+D83D⟩');
});

test('rows that are left out are counted', () => {
  expect(moreRows(3, 3, 'steps')).toBeUndefined();
  expect(html`${moreRows(300, 1500, 'steps')}`.toString()).toContain('1,200 more steps');
});

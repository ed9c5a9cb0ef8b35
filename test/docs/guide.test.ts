import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { describe, expect, test } from 'vitest';

import { beginsAsShown, matchesOutput } from '../guide/harness/match-output.ts';
import { readPage } from '../guide/harness/read-page.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const guide = path.join(root, 'docs/guide');
const pages = readdirSync(guide).filter((name) => name !== 'README.md');
const read = (...names: string[]): string => readFileSync(path.join(root, ...names), 'utf8');

describe.each(pages)('docs/guide/%s', (name) => {
  const text = read('docs/guide', name);

  test('has no command or file that is neither tested nor says why not', () => {
    const { unmarked, steps } = readPage(text);
    expect(unmarked).toEqual([]);
    expect(steps.length).toBeGreaterThan(0);
  });

  test('is followed by a suite', () => {
    const suites = ['test/guide/pages.guide.ts', 'test/stack/guide/guide.stack.ts'];
    expect(suites.filter((suite) => read(suite).includes(`testPage('${name}'`))).toHaveLength(1);
  });

  test('says that packages are not yet published, as the README does', () => {
    expect(text).toMatch(/\bnpx -y aftertrace|npm install .*aftertrace/);
    expect(read('README.md')).toContain('# once published');
    expect(text).toContain('_Not yet published: ');
    expect(text).toContain('(README.md#until-the-first-release)');
  });

  test('is in the index', () => {
    expect(read('docs/guide/README.md')).toContain(`(${name})`);
  });
});

test.each([...pages, 'README.md'])('links of docs/guide/%s lead somewhere', (name) => {
  const links = [...read('docs/guide', name).matchAll(/\]\((?!https?:)([^)#]*)(#[^)]*)?\)/g)];
  const broken = links.filter(([, file = '', anchor]) => {
    const target = file === '' ? path.join(guide, name) : path.join(guide, file);
    if (!existsSync(target)) return true;
    return anchor !== undefined && !anchorsOf(target).has(anchor.slice(1));
  });
  expect(broken.map(([link]) => link)).toEqual([]);
});

/** As GitHub makes them of headings. */
function anchorsOf(file: string): ReadonlySet<string> {
  const headings = [...readFileSync(file, 'utf8').matchAll(/^#+ (.*)$/gm)];
  return new Set(
    headings.map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

describe('the reader of pages', () => {
  const fence = '```';
  const page = (...blocks: readonly (readonly [info: string, text: string])[]): string =>
    blocks.map(([info, text]) => `${fence}${info}\n${text}\n${fence}\n`).join('\nwords\n\n');

  test('finds files, commands with what they print, and what is not tested', () => {
    const read = readPage(
      page(
        ['js file=a.mjs', 'a()'],
        ['sh test exit=4', 'b'],
        ['text output', 'printed'],
        ['yaml untested="no reason to test"', 'c: 1'],
        ['text', 'shown'],
        ['sh', 'forgotten'],
      ),
    );
    expect(read).toMatchObject({
      steps: [
        { kind: 'file', file: 'a.mjs', text: 'a()\n', line: 1 },
        { kind: 'command', text: 'b\n', how: 'once', exitCode: 4, output: 'printed\n' },
      ],
      untested: [{ why: 'no reason to test', text: 'c: 1\n' }],
      unmarked: [expect.stringMatching(/: sh$/) as unknown],
    });
  });

  test('refuses output that belongs to nothing', () => {
    expect(() => readPage(page(['js file=a', ''], ['text output', 'x']))).toThrow(/output without/);
  });

  test.each([
    ['a\nb', 'a\nb\n', true],
    ['a   b', 'a b', true],
    ['took …', 'took 3 ms', true],
    ['took … ms', 'took 3 s', false],
    ['…\nb', 'x\ny\nb\n', true],
    ['…\nb', 'b\n', true],
    ['a\n…', 'a\n', true],
    ['a', 'a\nb', false],
    ['a', 'xa', false],
    ['a.c', 'abc', false],
    ['a', '\u001b[31ma\u001b[0m\n', true],
  ])('%j is how %j is shown: %s', (shown, printed, expected) => {
    expect(matchesOutput(shown, printed)).toBe(expected);
  });

  test('knows how a program begins that goes on', () => {
    expect(beginsAsShown('ready', 'ready\nmore')).toBe(true);
    expect(beginsAsShown('ready', 'starting\nready')).toBe(false);
  });
});

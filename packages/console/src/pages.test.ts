import { createHash } from 'node:crypto';

import { assert, property, string } from 'fast-check';
import { describe, expect, test } from 'vitest';

import { renderIncidentPage } from './incident-page.ts';
import { renderIncidentsPage } from './incidents-page.ts';
import { renderProblemPage } from './problem-page.ts';
import { containmentWith, incidentWith, runWith } from './testing/records.ts';
import { readMarkup } from './testing/read-markup.ts';
import { renderTrajectoryPage } from './trajectory-page.ts';

const EVIL = `"><script>alert(1)</script><img src=x onerror=alert(1)>'\`</pre></style></title>&lt;javascript:alert(1)\u202E\u200B\u{E0041}\u0000\u001B[31m`;

const trajectoryPage = (evil: string, text?: string, isWhole = false): string =>
  renderTrajectoryPage({
    written: runWith(evil, text),
    incidents: [incidentWith(evil, 2)],
    isWhole,
  }).body;

const incidentPage = (evil: string, findings = 2, isWhole = false): string =>
  renderIncidentPage({
    incident: incidentWith(evil, findings),
    containments: [containmentWith(evil)],
    isWhole,
  }).body;

const listPage = (evil: string): string =>
  renderIncidentsPage({
    incidents: [incidentWith(evil), incidentWith('other')],
    filter: { agent: evil, tool: evil },
  }).body;

/** Backquotes in its advice, which is ours, mean code. */
const problemPage = (evil: string): string =>
  renderProblemPage({
    status: 404,
    title: evil,
    advice: [evil.replaceAll('`', ''), 'run `aftertrace`'],
  }).body;

const PAGES = [
  ['a run', trajectoryPage],
  ['an incident', incidentPage],
  ['a list of incidents', listPage],
  ['a problem', problemPage],
] as const;

describe.each(PAGES)('the page of %s', (_what, page) => {
  const shapeOf = (evil: string): string =>
    readMarkup(page(evil))
      .elements.map(({ name, attributes }) => `${name} ${[...attributes.keys()].join(' ')}`)
      .join('\n');

  test('has the same elements with hostile text as with plain text', () => {
    expect(shapeOf(EVIL)).toBe(shapeOf('plain'));
  });

  test('has the same elements with any text', () => {
    const plain = shapeOf('plain');
    const text = string({ unit: 'binary', minLength: 1, maxLength: 60 }).filter(
      // Records leave a key of the last name out, and with it a line of counts.
      (text) => text.trim() !== '' && !text.includes('\n') && text !== '__proto__',
    );
    assert(
      property(text, (text) => {
        expect(shapeOf(text)).toBe(plain);
      }),
      { numRuns: 60 },
    );
  });

  test('leads to pages of the console only', () => {
    const hrefs = readMarkup(page(EVIL)).elements.flatMap(
      ({ attributes }) => attributes.get('href') ?? [],
    );
    expect(
      hrefs.filter((href) => !/^(?:\/(?:trajectories|incidents)(?:[/?]|$)|#step-\d+$)/.test(href)),
    ).toEqual([]);
  });

  test('has nothing that is not seen', () => {
    expect(page(EVIL)).not.toMatch(/(?![\t\n])[\p{Cc}\p{Cf}\p{Cs}]/u);
    expect(page(EVIL)).toContain('⟨U+202E⟩');
  });
});

test('a run shows its outcome, its steps, its calls, who decided what, and its incidents', () => {
  const { text, elements } = readMarkup(trajectoryPage('plain'));
  for (const words of [
    'failure',
    'unavailable · certain · result',
    'in shadow: what was done is allow',
    'block by containment',
    'override: approve',
    'not executed',
    'first at step 2',
    '1,200 in, 3 out, $0.5',
    '2026-11-22 10:00:00.000 UTC',
    'none came',
    'loose plain',
    'Other decisions',
  ])
    expect(text.replaceAll(/\s+/g, ' ')).toContain(words);
  const hrefs = elements.flatMap(({ attributes }) => attributes.get('href') ?? []);
  expect(hrefs).toContain('/incidents/inc_plain');
});

test('an incident shows where it stands, what was stopped, its runs and what happened', () => {
  const { text, elements } = readMarkup(incidentPage('plain'));
  for (const words of [
    'merged',
    'sev2',
    'unreachable',
    'agent plain, tool plain',
    'triage → open',
    'no proof',
  ])
    expect(text.replaceAll(/\s+/g, ' ').toLowerCase()).toContain(words.toLowerCase());
  const hrefs = elements.flatMap(({ attributes }) => attributes.get('href') ?? []);
  expect(hrefs).toContain('/trajectories/traj_plain');
  expect(hrefs).toContain('/incidents/inc_2plain');
  expect(hrefs).toContain('/trajectories?trace=plain');
});

test('a list holds what is asked for, cut where it is long', () => {
  const incidents = Array.from({ length: 400 }, (_, index) =>
    incidentWith(index === 0 ? 'a' : 'b'),
  );
  const countsOf = (page: { readonly body: string }): number =>
    readMarkup(page.body).elements.filter(({ name }) => name === 'tr').length - 1;
  expect(countsOf(renderIncidentsPage({ incidents, filter: { agent: 'a' } }))).toBe(1);
  const cut = renderIncidentsPage({ incidents, filter: { tool: 'b' } });
  expect(countsOf(cut)).toBe(300);
  expect(readMarkup(cut.body).text).toContain('99 more incidents');
  expect(cut.body).toContain('href="/incidents?tool=b&amp;full=1"');
  expect(countsOf(renderIncidentsPage({ incidents, isWhole: true }))).toBe(400);
  expect(renderIncidentsPage({ incidents: [] }).body).toContain('None.');
});

test('names that are no names are cut, wherever they stand', () => {
  const name = 'n'.repeat(1_000_000);
  expect(trajectoryPage(name).length).toBeLessThan(500_000);
  expect(incidentPage(name).length).toBeLessThan(500_000);
  expect(problemPage(name).length).toBeLessThan(100_000);
  expect(readMarkup(incidentPage(name)).text).toContain('… (1,000,000 characters)');
});

test('huge values and endless lists are cut, unless everything is asked for', () => {
  const huge = '<x>'.repeat(300_000);
  const cut = trajectoryPage('plain', huge);
  expect(cut.length).toBeLessThan(1_500_000);
  expect(readMarkup(cut).text).toContain('880,000 more characters');
  expect(trajectoryPage('plain', huge, true).length).toBeGreaterThan(8_000_000);
  const many = incidentPage('plain', 5000);
  expect(readMarkup(many).text).toContain('4,704 more earlier events');
  expect(readMarkup(incidentPage('plain', 5000, true)).text).not.toContain('more earlier events');
});

test('a page may do nothing but be shown, in the style that stands in it', () => {
  const { headers, body } = renderProblemPage({ status: 404, title: 'no', advice: [] });
  const style = /<style>([\s\S]*)<\/style>/.exec(body)?.[1] ?? '';
  const hash = createHash('sha256').update(style).digest('base64');
  expect(headers).toMatchObject({
    'content-security-policy': `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
  });
  expect(style).not.toMatch(/@import|url\(/);
  expect(body).not.toMatch(/ style=|<script|<link/);
});

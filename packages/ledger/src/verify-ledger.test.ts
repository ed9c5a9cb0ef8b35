import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { LedgerEntryInput } from '@aftertrace/schema';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { freezeInput, sealEntry, EMPTY_HEAD } from './seal-entry.ts';
import { input } from './testing/inputs.ts';
import { tempDir } from './testing/temp-dir.ts';
import { verifyLedger, type LedgerReport } from './verify-ledger.ts';

function seal(inputs: readonly LedgerEntryInput[]): string[] {
  let head = EMPTY_HEAD;
  return inputs.map((entry) => {
    const sealed = sealEntry(freezeInput(entry), head);
    head = sealed.head;
    return sealed.line;
  });
}

async function* stream(lines: readonly string[]): AsyncGenerator<string> {
  yield* lines;
}

async function verify(lines: readonly string[]): Promise<LedgerReport> {
  return verifyLedger(stream(lines));
}

function kinds(report: LedgerReport): readonly string[] {
  return report.problems.map(({ line, kind }) => `${line} ${kind}`);
}

const ten = seal(Array.from({ length: 10 }, (_, n) => input(n)));

/** A JSON value at a path, replaced by another. */
function change(line: string, path: readonly string[], to: unknown): string {
  const entry = JSON.parse(line) as Record<string, unknown>;
  let target = entry;
  for (const key of path.slice(0, -1)) target = target[key] as Record<string, unknown>;
  target[path.at(-1) ?? ''] = to;
  return JSON.stringify(entry);
}

function leaves(value: unknown, path: readonly string[] = []): readonly (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [path];
  return Object.entries(value).flatMap(([key, child]) => leaves(child, [...path, key]));
}

test('a sound ledger has no problems', async () => {
  expect(await verify(ten)).toMatchObject({
    ok: true,
    entries: 10,
    head: { seq: 9 },
    problems: [],
    omitted: 0,
  });
  expect(await verify([])).toMatchObject({ ok: true, entries: 0, head: EMPTY_HEAD });
});

test.each<[string, (lines: string[]) => string[], readonly string[]]>([
  [
    'a changed value',
    (lines) => lines.with(3, change(lines[3] ?? '', ['data', 'n'], 99)),
    ['4 altered'],
  ],
  ['a removed line', (lines) => lines.toSpliced(3, 1), ['4 missing']],
  ['the first lines removed', (lines) => lines.slice(2), ['1 missing']],
  [
    'two lines swapped',
    (lines) => lines.with(3, lines[4] ?? '').with(4, lines[3] ?? ''),
    ['5 reordered'],
  ],
  [
    'a line moved to the end',
    (lines) => [...lines.toSpliced(3, 1), lines[3] ?? ''],
    ['10 reordered'],
  ],
  ['a line repeated', (lines) => lines.toSpliced(3, 0, lines[3] ?? ''), ['5 duplicate']],
  ['a line that is no JSON', (lines) => lines.toSpliced(3, 0, 'oops'), ['4 bad_json']],
  ['an empty line', (lines) => lines.toSpliced(3, 0, ''), ['4 bad_json']],
  ['a line of another kind', (lines) => lines.with(3, '{"a":1}'), ['4 bad_schema']],
  [
    'a field more',
    (lines) => lines.with(3, change(lines[3] ?? '', ['extra'], 1)),
    ['4 bad_schema'],
  ],
  [
    'two spaces more',
    (lines) => lines.with(3, (lines[3] ?? '').replace('{', '{  ')),
    ['4 altered'],
  ],
])('%s is found and named', async (_name, tamper, expected) => {
  expect(kinds(await verify(tamper([...ten])))).toEqual(expected);
});

test('an entry that was replaced by a well-made one breaks the chain at the next', async () => {
  const other = seal([...[0, 1, 2].map((n) => input(n)), input(3, { forged: true })])[3] ?? '';
  expect(kinds(await verify(ten.with(3, other)))).toEqual(['5 altered']);
});

test('a last line without a line feed is torn, and bytes that are no UTF-8 are no JSON', async () => {
  const path = join(await tempDir(), 'audit.jsonl');
  await writeFile(path, `${ten.join('\n')}\n{"actor":`);
  expect(kinds(await verifyLedger(path))).toEqual(['11 torn']);
  const text = `${seal([input(0, { name: '\ufffd' })]).join('\n')}\n`;
  const bytes = Buffer.from(text);
  const at = bytes.indexOf(Buffer.from('\ufffd'));
  await writeFile(
    path,
    Buffer.concat([bytes.subarray(0, at), Buffer.from([0xff]), bytes.subarray(at + 3)]),
  );
  expect(kinds(await verifyLedger(path))).toEqual(['1 bad_json']);
});

test('lines longer than what is read at once are read whole', async () => {
  const path = join(await tempDir(), 'audit.jsonl');
  const lines = seal([0, 1, 2].map((n) => input(n, { text: 'é\u2028'.repeat(100_000) })));
  await writeFile(path, '');
  for (const line of lines) await appendFile(path, `${line}\n`);
  expect((await readFile(path)).length).toBeGreaterThan(1_000_000);
  expect(await verifyLedger(path)).toMatchObject({ ok: true, entries: 3 });
});

test('a file that is not a ledger at all is reported within bounds', async () => {
  const report = await verify(Array.from({ length: 5000 }, () => 'nonsense'));
  expect(report).toMatchObject({ ok: false, entries: 0, omitted: 4000 });
  expect(report.problems).toHaveLength(1000);
});

const anyLedger = fc
  .array(
    fc.record({
      type: fc.string({ minLength: 1, unit: 'grapheme' }),
      data: fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue({ maxDepth: 3 })),
    }),
    { minLength: 2, maxLength: 12 },
  )
  .map((parts) => seal(parts.map((part, n) => ({ ...input(n), ...part }))))
  .filter((lines) => lines.every((line) => line.isWellFormed()));

test('every ledger that was written verifies', async () => {
  await fc.assert(
    fc.asyncProperty(anyLedger, async (lines) => {
      expect((await verify(lines)).problems).toEqual([]);
    }),
    { numRuns: 300 },
  );
});

test('every change of a single field is found', async () => {
  await fc.assert(
    fc.asyncProperty(
      anyLedger,
      fc.nat(),
      fc.nat(),
      fc.jsonValue({ maxDepth: 1 }),
      async (lines, l, f, to) => {
        const line = lines[l % lines.length] ?? '';
        const paths = leaves(JSON.parse(line));
        const tampered = change(line, paths[f % paths.length] ?? [], to);
        fc.pre(tampered !== line && JSON.stringify(JSON.parse(line)) !== tampered);
        expect((await verify(lines.with(l % lines.length, tampered))).ok).toBe(false);
      },
    ),
    { numRuns: 700 },
  );
});

test('every change of a single byte is found', async () => {
  const directory = await tempDir();
  await fc.assert(
    fc.asyncProperty(fc.nat(), fc.nat(), fc.integer({ min: 1, max: 255 }), async (l, b, flip) => {
      const bytes = Buffer.from(`${ten.join('\n')}\n`);
      const at = (l * 1009 + b) % bytes.length;
      bytes[at] = (bytes[at] ?? 0) ^ flip;
      const path = join(directory, 'audit.jsonl');
      await writeFile(path, bytes);
      expect((await verifyLedger(path)).ok).toBe(false);
    }),
    { numRuns: 1000 },
  );
});
test('every deletion that is not at the end, and every swap, is found', async () => {
  await fc.assert(
    fc.asyncProperty(anyLedger, fc.nat(), fc.nat(), async (lines, a, b) => {
      const i = a % (lines.length - 1);
      const j = b % lines.length;
      expect((await verify(lines.toSpliced(i, 1))).ok).toBe(false);
      fc.pre(i !== j);
      const swapped = lines.with(i, lines[j] ?? '').with(j, lines[i] ?? '');
      expect((await verify(swapped)).ok).toBe(false);
    }),
    { numRuns: 1000 },
  );
});

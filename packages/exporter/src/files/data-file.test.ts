import { mkdtemp, open, readFile, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Trajectory } from '@aftertrace/schema';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { atOnce } from '../in-steps.ts';
import { openDataFile, type NewLine, type OpenOptions } from './data-file.ts';
import { indexPath, nextIndexPath } from './file-index.ts';
import { At, CELL_BYTES } from './index-cell.ts';
import { IndexView } from './index-view.ts';
import { factsOf } from './line-facts.ts';
import { linePieces } from './line-text.ts';
import { readPlace } from './read-place.ts';
import { OUTCOMES, variedTrajectory } from './testing/varied-trajectory.ts';
import { createBufferPool } from './write-lines.ts';
import { nodeZstd } from './zstd-codec.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aftertrace-file-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

const KINDS = ['plain', 'compressed'] as const;
const pool = createBufferPool();

function optionsFor(kind: (typeof KINDS)[number], name = 'file'): OpenOptions {
  const isPlain = kind === 'plain';
  return {
    path: join(folder, isPlain ? `${name}.jsonl` : `${name}.jsonl.zst`),
    zstd: isPlain ? undefined : nodeZstd(),
    indexDecides: false,
    pool,
  };
}

const asLine = (trajectory: Trajectory): NewLine => ({
  pieces: atOnce(linePieces(trajectory)),
  indexed: { kind: 'trajectory', facts: factsOf(trajectory) },
});

const lineAt = (number: number, message = `message ${number}`): NewLine =>
  asLine(variedTrajectory({ run: `r${number}`, agent: `agent ${number % 3}`, message }));

/** What the file says, line by line through its index, once it has been opened anew. */
async function linesOf(options: OpenOptions): Promise<string[]> {
  let view: IndexView | undefined;
  await (await openDataFile(options, (index) => (view = index))).close();
  const file = await open(options.path, 'r');
  try {
    const lines: string[] = [];
    for (const { cell } of view?.lines() ?? [])
      lines.push((await readPlace(file, view!.place(cell), nodeZstd)).toString('utf8'));
    return lines;
  } finally {
    await file.close();
  }
}

describe.each(KINDS)('a %s file', (kind) => {
  it('keeps every whole batch wherever a crash cuts it, and goes on behind', async () => {
    const whole = optionsFor(kind);
    const file = await openDataFile(whole);
    const ends: { readonly bytes: number; readonly lines: number }[] = [{ bytes: 0, lines: 0 }];
    const texts: string[] = [];
    for (const batch of [[0, 1, 2], [3], [4, 5]]) {
      const lines = batch.map((number) => lineAt(number, 'ü'.repeat(number * 10)));
      await file.append(lines);
      texts.push(...lines.map(({ pieces }) => pieces.join('')));
      ends.push({ bytes: file.bytes, lines: texts.length });
    }
    await file.close();
    const bytes = await readFile(whole.path);
    const index = await readFile(indexPath(whole.path));
    await fc.assert(
      fc.asyncProperty(
        fc.nat(bytes.length),
        fc.oneof(fc.constant(index.length), fc.nat(index.length)),
        async (cut, indexCut) => {
          const torn = optionsFor(kind, 'torn');
          await writeFile(torn.path, bytes.subarray(0, cut));
          await writeFile(indexPath(torn.path), index.subarray(0, indexCut));
          const kept = ends.findLast((end) => end.bytes <= cut)?.lines ?? 0;
          const found = await linesOf(torn);
          // Lines of a torn batch are kept in a plain file as far as they are whole.
          const most = kind === 'compressed' ? kept : texts.length;
          expect(found.length).toBeGreaterThanOrEqual(kept);
          expect(found.length).toBeLessThanOrEqual(most);
          expect(found).toEqual(texts.slice(0, found.length));
          const again = await openDataFile(torn);
          await again.append([lineAt(9)]);
          await again.close();
          expect(await linesOf(torn)).toEqual([...found, lineAt(9).pieces.join('')]);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('has the index that would be made of it anew', async () => {
    const input = fc.record({
      run: fc.string({ maxLength: 5 }),
      agent: fc.string({ maxLength: 300 }),
      outcome: fc.constantFrom(...OUTCOMES),
      message: fc.string({ unit: 'grapheme' }),
      conversation: fc.string(),
      person: fc.string(),
      endMillis: fc.nat(),
      failed: fc.record({
        tool: fc.string({ minLength: 1, maxLength: 200 }),
        class: fc.constantFrom('timeout' as const, 'crash' as const, 'other' as const),
      }),
    });
    let number = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(input, { minLength: 1 }), { maxLength: 4 }),
        async (batches) => {
          const options = optionsFor(kind, `f${(number += 1)}`);
          const file = await openDataFile(options);
          for (const batch of batches)
            await file.append(batch.map((one) => asLine(variedTrajectory(one))));
          await file.close();
          const kept = new IndexView(await readFile(indexPath(options.path)));
          await rm(indexPath(options.path));
          let anew: IndexView | undefined;
          await (await openDataFile(options, (view) => (anew = view))).close();
          expect(describeAll(anew!)).toEqual(describeAll(kept));
        },
      ),
      { numRuns: 30 },
    );
  });

  it('is not believed by an index that is older than it, or that has been damaged', async () => {
    const options = optionsFor(kind);
    const file = await openDataFile(options);
    await file.append([lineAt(1), lineAt(2)]);
    await file.close();
    const index = await readFile(indexPath(options.path));
    const sound = new IndexView(index);
    const [first] = sound.lines();
    const at = (first?.cell ?? 0) * CELL_BYTES + At.RECORDS;
    index.writeUInt32LE(7, at);
    await writeFile(indexPath(options.path), index);
    expect(await linesOf(options)).toEqual([1, 2].map((number) => lineAt(number).pieces.join('')));
    const repaired = new IndexView(await readFile(indexPath(options.path)));
    expect(Array.from(repaired.lines(), ({ cell }) => repaired.records(cell))).toEqual([3, 3]);
    if (kind === 'compressed') return;
    const text = await readFile(options.path, 'utf8');
    await writeFile(options.path, text.replaceAll('"steps"', '"stepz"'));
    const later = new Date(Date.now() + 1000);
    await utimes(options.path, later, later);
    let view: IndexView | undefined;
    await (await openDataFile(options, (found) => (view = found))).close();
    expect(Array.from(view!.lines(), (line) => line.kind)).toEqual(['broken', 'broken']);
  });
});

function describeAll(view: IndexView): unknown[] {
  return Array.from(view.lines(), ({ cell, line, kind }) => ({
    line,
    kind,
    id: view.id(cell).toString('hex'),
    revision: view.revision(cell),
    outcome: view.outcome(cell),
    agent: view.text(view.agentText(cell)),
    tools: view.failedTools(cell),
    classes: view.failedClasses(cell),
    end: view.endTimeUnixNano(cell),
    duration: view.durationMillis(cell),
    place: view.place(cell),
    flags: view.flags(cell),
    records: view.records(cell),
    steps: view.steps(cell),
    hashes: view.bytes(cell).subarray(64, 88).toString('hex'),
    blobs: view.blobs(cell),
  }));
}

it('keeps the lines of an index that decides, and cuts those that it does not tell of', async () => {
  const options = { ...optionsFor('plain'), indexDecides: true };
  const file = await openDataFile(options);
  await file.append([{ ...lineAt(1), pieces: ['not ours'] }]);
  await file.close();
  await writeFile(options.path, 'written, then killed\n', { flag: 'a' });
  expect(await linesOf(options)).toEqual(['not ours']);
  await truncate(indexPath(options.path), 0);
  expect(await linesOf(options)).toEqual(['not ours']);
});

it('believes the index of a rewritten file where a crash came before it got its name', async () => {
  const options = { ...optionsFor('plain'), indexDecides: true };
  const file = await openDataFile(options);
  await file.append([
    { ...lineAt(1), pieces: ['erased'] },
    { ...lineAt(2), pieces: ['kept'] },
  ]);
  await file.close();
  const rewritten = { ...optionsFor('plain', 'rewritten'), indexDecides: true };
  const next = await openDataFile(rewritten);
  await next.append([{ ...lineAt(2), pieces: ['kept'] }]);
  await next.close();
  await writeFile(nextIndexPath(options.path), await readFile(indexPath(rewritten.path)));
  expect(await linesOf(options)).toEqual(['erased', 'kept']);
  await writeFile(options.path, 'kept\n');
  let view: IndexView | undefined;
  await (await openDataFile(options, (index) => (view = index))).close();
  expect(Array.from(view!.lines(), ({ kind }) => kind)).toEqual(['trajectory']);
  expect(await linesOf(options)).toEqual(['kept']);
});

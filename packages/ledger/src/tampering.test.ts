import type { LedgerEntry } from '@aftertrace/schema';
import { beforeAll, expect, test } from 'vitest';

import { parseLine } from './check-chain.ts';
import { signCheckpoint, type CheckpointLine } from './checkpoint.ts';
import { EMPTY_HEAD, freezeInput, sealEntry, type LedgerHead } from './seal-entry.ts';
import { input } from './testing/inputs.ts';
import { keyPair } from './testing/keys.ts';
import { verifyLedger, type LedgerReport } from './verify-ledger.ts';

/**
 * What the log of an intruder's dreams would let pass: who can write to it and to the checkpoints beside it, has no key,
 * and cannot reach the second place. Every case is made from the same log of a thousand entries.
 */
const ENTRIES = 1000;
const CHECKPOINT_EVERY = 50;
const { key, publicKey } = keyPair();
const forger = keyPair();

interface Log {
  readonly lines: readonly string[];
  /** Beside the log, where the intruder writes too. */
  readonly checkpoints: readonly string[];
  /** In the second place, where they do not. */
  readonly elsewhere?: readonly string[];
}

/** Chains entries, and signs as the companion would. */
function makeLog(entries: readonly LedgerEntry['data'][], signer = key): Log {
  let head: LedgerHead = EMPTY_HEAD;
  let last: CheckpointLine | undefined;
  const lines: string[] = [];
  const checkpoints: string[] = [];
  entries.forEach((data, n) => {
    const sealed = sealEntry(freezeInput(input(n, data)), head);
    ({ head } = sealed);
    lines.push(sealed.line);
    if ((n + 1) % CHECKPOINT_EVERY !== 0 && n + 1 !== entries.length) return;
    last = signCheckpoint({ head, at: input(n).at, last }, signer);
    checkpoints.push(last.line);
  });
  return { lines, checkpoints };
}

const DATA = Array.from({ length: ENTRIES }, (_, n) => ({
  instance: `process-${n % 3}`,
  agent: 'support',
  evidenceSeq: Math.floor(n / 3),
  decision: {
    id: `dec_${n}`,
    verdict: 'block',
    reason: 'größer als erlaubt',
    nested: [n, null, true],
  },
}));
let log: Log;

beforeAll(() => {
  log = makeLog(DATA);
});

async function* each(lines: readonly string[]): AsyncGenerator<string> {
  yield* lines;
}

async function verify({ lines, checkpoints, elsewhere = [] }: Log): Promise<LedgerReport> {
  return verifyLedger(each(lines), {
    checkpoints: [
      { name: 'checkpoints', lines: each(checkpoints) },
      { name: 'elsewhere', lines: each(elsewhere) },
    ],
    keys: [publicKey],
  });
}

/** The cases of which nothing was said. */
async function unfound(cases: Iterable<readonly [name: string, log: Log]>): Promise<{
  readonly count: number;
  readonly unfound: readonly string[];
}> {
  const missed: string[] = [];
  let count = 0;
  for (const [name, tampered] of cases) {
    count += 1;
    if ((await verify(tampered)).ok) missed.push(name);
  }
  return { count, unfound: missed };
}

/** Each value in an entry, with another in its place. */
function changedFields(line: string): readonly (readonly [path: string, line: string])[] {
  const changed: (readonly [string, string])[] = [];
  const entry = JSON.parse(line) as Record<string, unknown>;
  const walk = (node: Record<string, unknown>, path: string): void => {
    for (const name of Object.keys(node)) {
      const value = node[name];
      if (typeof value === 'object' && value !== null) {
        walk(value as Record<string, unknown>, `${path}.${name}`);
        continue;
      }
      node[name] =
        typeof value === 'number'
          ? value + 1
          : typeof value === 'boolean'
            ? !value
            : `${String(value)}x`;
      changed.push([`${path}.${name}`, JSON.stringify(entry)]);
      node[name] = value;
    }
  };
  walk(entry, '');
  return changed;
}

function* fieldChanges(): Generator<readonly [string, Log]> {
  for (const [at, line] of log.lines.entries()) {
    const fields = changedFields(line);
    const [path, changed] = fields[at % fields.length] ?? ['', line];
    yield [`${at}${path}`, { ...log, lines: log.lines.with(at, changed) }];
  }
}

test('the log itself is sound, and all of it is signed for', async () => {
  expect(await verify(log)).toMatchObject({
    ok: true,
    entries: ENTRIES,
    signedEntries: ENTRIES,
    gaps: [],
  });
});

test('every change of every field is known by the line alone', () => {
  const changes = log.lines.flatMap(changedFields);
  expect(changes).toHaveLength(18 * ENTRIES);
  expect(changes.filter(([, line]) => parseLine(Buffer.from(line)).ok)).toEqual([]);
});

test(
  'and by the log: one field of each entry, another with each',
  { timeout: 120_000 },
  async () => {
    expect(await unfound(fieldChanges())).toEqual({ count: ENTRIES, unfound: [] });
  },
);

test('every deletion is found, that of the last entry too', { timeout: 120_000 }, async () => {
  const cases = log.lines.map(
    (_, at) => [`${at}`, { ...log, lines: log.lines.toSpliced(at, 1) }] as const,
  );
  expect(await unfound(cases)).toEqual({ count: ENTRIES, unfound: [] });
});

test(
  'every truncation is found, also where the checkpoints beside the log are cut with it',
  { timeout: 120_000 },
  async () => {
    const upTo = (at: number): readonly string[] =>
      log.checkpoints.slice(0, Math.floor(at / CHECKPOINT_EVERY));
    const cases = log.lines.map((_, at) => {
      const lines = log.lines.slice(0, at);
      const both = { lines, checkpoints: upTo(at), elsewhere: log.checkpoints };
      return [`${at}`, at % 2 === 0 ? { ...log, lines } : both] as const;
    });
    expect(await unfound(cases)).toEqual({ count: ENTRIES, unfound: [] });
    // What the second place is for: without it, a log cut where a checkpoint stands is a shorter log.
    expect((await verify({ lines: log.lines.slice(0, 500), checkpoints: upTo(500) })).ok).toBe(
      true,
    );
  },
);

test(
  'every swap of neighbours, and of entries far apart, is found',
  { timeout: 120_000 },
  async () => {
    const swap = (a: number, b: number): Log => ({
      ...log,
      lines: log.lines.with(a, log.lines[b] ?? '').with(b, log.lines[a] ?? ''),
    });
    const cases = Array.from({ length: ENTRIES / 2 }, (_, n) => [
      [`${n * 2} and next`, swap(n * 2, n * 2 + 1)] as const,
      [`${n} and far`, swap(n, ENTRIES - 1 - n)] as const,
    ]).flat();
    expect(await unfound(cases)).toEqual({ count: ENTRIES, unfound: [] });
  },
);

/** The chain from an entry on, computed anew after a change: sound by itself. */
function rechained(at: number): readonly string[] {
  const start = at === 0 ? EMPTY_HEAD : (JSON.parse(log.lines[at - 1] ?? '') as LedgerEntry);
  let head: LedgerHead = { seq: start.seq, hash: start.hash };
  return log.lines.map((line, n) => {
    if (n < at) return line;
    const { data } = JSON.parse(line) as LedgerEntry;
    const sealed = sealEntry(
      freezeInput(input(n, n === at ? { ...data, agent: 'nobody' } : data)),
      head,
    );
    ({ head } = sealed);
    return sealed.line;
  });
}

const STEP = 20;

test(
  'every chain that was computed anew is found, whoever signed it',
  { timeout: 120_000 },
  async () => {
    const cases = Array.from({ length: ENTRIES / STEP }, (_, n): (readonly [string, Log])[] => {
      const at = n * STEP + (n % STEP);
      const lines = rechained(at);
      const forged = makeLog(
        lines.map((line) => (JSON.parse(line) as LedgerEntry).data),
        forger.key,
      );
      return [
        [`${at}`, { ...log, lines }],
        [`${at}, signed by another key`, { lines, checkpoints: forged.checkpoints }],
        [`${at}, without checkpoints`, { lines, checkpoints: [] }],
      ];
    }).flat();
    expect(await unfound(cases)).toEqual({ count: (3 * ENTRIES) / STEP, unfound: [] });
  },
);

test('a chain that was computed anew is sound without its checkpoints: they are what finds it', async () => {
  const report = await verifyLedger(each(rechained(500)));
  expect(report.ok).toBe(true);
  expect((await verify({ ...log, lines: rechained(500) })).problems).toEqual([
    expect.objectContaining({
      kind: 'replaced',
      line: 550,
      message: expect.stringContaining('entry 499') as unknown,
    }),
    expect.objectContaining({ kind: 'unsigned', seq: 500 }),
  ]);
});

test(
  'every change, deletion and swap of checkpoints is found or changes nothing',
  { timeout: 120_000 },
  async () => {
    const { checkpoints } = log;
    const changes = checkpoints.flatMap((line, at) =>
      changedFields(line).map(
        ([path, changed]) =>
          [`${at}${path}`, { ...log, checkpoints: checkpoints.with(at, changed) }] as const,
      ),
    );
    expect(changes).toHaveLength(checkpoints.length * 7);
    expect((await unfound(changes)).unfound).toEqual([]);
    const last = checkpoints.length - 1;
    const swaps = checkpoints
      .slice(0, last)
      .map(
        (line, at) =>
          [
            `${at}`,
            { ...log, checkpoints: checkpoints.with(at, checkpoints[last] ?? '').with(last, line) },
          ] as const,
      );
    expect((await unfound(swaps)).unfound).toEqual([]);
    // The last one taken away leaves entries that nobody signed for; an earlier one stands in the later ones.
    expect((await verify({ ...log, checkpoints: checkpoints.slice(0, -1) })).problems).toEqual([
      expect.objectContaining({ kind: 'unsigned', seq: ENTRIES - CHECKPOINT_EVERY }),
    ]);
    expect((await verify({ ...log, checkpoints: checkpoints.toSpliced(3, 1) })).ok).toBe(true);
  },
);

import { LedgerEntry } from '@aftertrace/schema';

import { createEvidenceSequence } from './evidence-sequence.ts';
import type { InstanceEvidence } from './check-evidence.ts';

/** Says that the entries before it up to one were removed. */
export const TRIMMED = 'ledger.trimmed';
/** Goes before it: what of the removed entries is still needed. */
export const CARRIED = 'ledger.carried';

/** What a `ledger.trimmed` entry says. It stands within the chain, so what signs the chain signs it. */
export interface Removal {
  /** `seq` of the last entry that was removed. */
  readonly through: number;
  /** `hash` of that entry, which the first one that is kept names as its `prevHash`. */
  readonly hash: string;
  /** `seq` of the entry that says so. */
  readonly seq: number;
  readonly at: string;
  /** Tells this removal from an earlier try of it. */
  readonly trim: string;
  /** Entries of type `ledger.carried` that belong to it. */
  readonly carried: number;
  /** By what rule, for people. */
  readonly policy: Readonly<Record<string, unknown>>;
}

/** What an entry says was removed; undefined for every other entry. */
export function removalIn({ type, seq, at, data }: LedgerEntry): Removal | undefined {
  if (type !== TRIMMED) return undefined;
  const { through, hash, trim, carried, policy } = data;
  const isRemoval =
    isCount(through) &&
    through < seq &&
    typeof hash === 'string' &&
    typeof trim === 'string' &&
    isCount(carried) &&
    isObject(policy);
  return isRemoval ? { through, hash, seq, at, trim, carried, policy } : undefined;
}

/** Something that was carried over from removed entries. */
export interface Carried {
  readonly trim: string;
  /** One of them, as it was. */
  readonly entry?: LedgerEntry;
  /** What had arrived of one process until then. */
  readonly evidence?: InstanceEvidence & { readonly instance: string };
}

/** What an entry carries over; undefined for every other entry. */
export function carriedIn({ type, at, data }: LedgerEntry): Carried | undefined {
  const { trim } = data;
  if (type !== CARRIED || typeof trim !== 'string') return undefined;
  const entry = LedgerEntry.safeParse(data['entry']).data;
  const evidence = evidenceIn(data['evidence'], at);
  return {
    trim,
    ...(entry === undefined ? {} : { entry }),
    ...(evidence === undefined ? {} : { evidence }),
  };
}

/** The data of the entries that carry something over. */
export function carriedData(
  trim: string,
  entries: readonly LedgerEntry[],
  evidence: ReadonlyMap<string, InstanceEvidence>,
): readonly LedgerEntry['data'][] {
  return [
    ...entries.map((entry) => ({ trim, entry })),
    ...[...evidence].map(([instance, { agent, sequence, at }]) => {
      const missing = sequence.missing().map(({ from, to }) => [from, to]);
      return { trim, evidence: { instance, agent, last: sequence.last, missing, at } };
    }),
  ];
}

/** @param carriedAt What was carried over before it said when it came is taken as of then. */
function evidenceIn(value: unknown, carriedAt: string): Carried['evidence'] {
  if (!isObject(value)) return undefined;
  const { instance, agent, last, missing, at = carriedAt } = value;
  if (typeof instance !== 'string' || typeof agent !== 'string' || !isCount(last)) return undefined;
  if (!Array.isArray(missing) || typeof at !== 'string') return undefined;
  const ranges = missing.flatMap((range: unknown) => {
    const [from, to] = Array.isArray(range) ? (range as unknown[]) : [];
    return isCount(from) && isCount(to) ? [{ from, to }] : [];
  });
  return { instance, agent, sequence: createEvidenceSequence({ last, missing: ranges }), at };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

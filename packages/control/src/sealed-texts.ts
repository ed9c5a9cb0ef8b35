import { LedgerError } from '@aftertrace/ledger';
import { LedgerEntry } from '@aftertrace/schema';

import type { AuditDataOf, ControlAuditType } from './audit-data.ts';
import type { DetailStore } from './detail-store.ts';

/** Before the digest of a text that is kept encrypted, outside the audit log. */
const MARK = 'sealed:';
const SEALED = /^sealed:(sha256:[0-9a-f]{64})$/;

/** What stands in the place of a text that was destroyed. */
export const ERASED_TEXT = '(erased)';

/** The texts that people write into entries, and what became of what they ordered: where they stand in the data. */
const TEXTS: Partial<Readonly<Record<ControlAuditType, readonly (readonly string[])[]>>> = {
  'containment.requested': [['containment', 'reason']],
  'containment.staged': [['reason']],
  'containment.released': [['reason']],
  'plan.switched_on': [['reason']],
  'plan.switched_off': [['reason']],
  'policy.proposed': [['reason']],
  'policy.rejected': [['reason']],
  'policy.published': [['reason']],
  'rollback.requested': [['reason']],
  override: [
    ['override', 'reason'],
    ['override', 'outcome', 'detail'],
  ],
  'override.outcome': [['detail']],
};

function pathsOf(type: string): readonly (readonly string[])[] {
  return Object.hasOwn(TEXTS, type) ? (TEXTS[type as ControlAuditType] ?? []) : [];
}

/** Whether entries of a type have such texts. */
export function hasTexts(type: string): boolean {
  return pathsOf(type).length > 0;
}

/**
 * The data as the log gets it: a text stands in the detail store by then, and its digest in its place.
 *
 * @throws LedgerError `ledger_write_failed` where the store's disk refuses; nothing is recorded then.
 */
export async function sealTexts<T extends ControlAuditType>(
  details: DetailStore,
  type: T,
  data: AuditDataOf<T>,
): Promise<AuditDataOf<T>> {
  try {
    return await mapTexts(type, data, async (text) => `${MARK}${await details.putText(text)}`);
  } catch (cause) {
    throw new LedgerError(
      'ledger_write_failed',
      `what was said of a ${type} could not be written to the detail store (${String(cause)}); the entry is not in the ledger`,
      { cause },
    );
  }
}

/** The data with the texts that are still there. Entries from before texts were sealed have them in the clear. */
export async function openTexts<T extends ControlAuditType>(
  details: Pick<DetailStore, 'getText'>,
  type: T,
  data: AuditDataOf<T>,
): Promise<AuditDataOf<T>> {
  return mapTexts(type, data, async (text) => {
    const digest = SEALED.exec(text)?.[1];
    return digest === undefined ? text : ((await details.getText(digest)) ?? ERASED_TEXT);
  });
}

/** An entry as people read it: with the texts that are still there, also those of an entry that was carried over in it. */
export async function openEntry(
  details: Pick<DetailStore, 'getText'>,
  entry: LedgerEntry,
): Promise<LedgerEntry> {
  const carried = carriedEntry(entry);
  if (carried !== undefined)
    return { ...entry, data: { ...entry.data, entry: await openEntry(details, carried) } };
  const type = entry.type as ControlAuditType;
  const data = entry.data as AuditDataOf<ControlAuditType>;
  return { ...entry, data: await openTexts(details, type, data) };
}

/** The entry that retention carried over in this one; undefined where it did none. */
export function carriedEntry({ type, data }: LedgerEntry): LedgerEntry | undefined {
  return type === 'ledger.carried' ? LedgerEntry.safeParse(data['entry']).data : undefined;
}

/** The digest behind a text of an entry; undefined for a text in the clear. */
export function sealedDigest(text: string): string | undefined {
  return SEALED.exec(text)?.[1];
}

/** The digests of the texts of an entry that are sealed. */
export function digestsOfTexts<T extends ControlAuditType>(
  type: T,
  data: AuditDataOf<T>,
): readonly string[] {
  return pathsOf(type).flatMap((path) => {
    const text = path.reduce<unknown>(
      (node, name) =>
        typeof node === 'object' && node !== null
          ? (node as Readonly<Record<string, unknown>>)[name]
          : undefined,
      data,
    );
    return typeof text === 'string' ? (sealedDigest(text) ?? []) : [];
  });
}

async function mapTexts<T extends ControlAuditType>(
  type: T,
  data: AuditDataOf<T>,
  map: (text: string) => Promise<string>,
): Promise<AuditDataOf<T>> {
  let mapped: unknown = data;
  for (const path of pathsOf(type)) mapped = await mapAt(mapped, path, map);
  return mapped as AuditDataOf<T>;
}

async function mapAt(
  node: unknown,
  [name, ...rest]: readonly string[],
  map: (text: string) => Promise<string>,
): Promise<unknown> {
  if (name === undefined) return typeof node === 'string' ? map(node) : node;
  if (typeof node !== 'object' || node === null || !Object.hasOwn(node, name)) return node;
  const member = (node as Readonly<Record<string, unknown>>)[name];
  return { ...node, [name]: await mapAt(member, rest, map) };
}

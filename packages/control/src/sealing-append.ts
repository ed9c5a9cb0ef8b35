import type { Ledger } from '@aftertrace/ledger';
import type { LedgerEntry, LedgerEntryInput } from '@aftertrace/schema';

import type { AuditDataOf, ControlAuditType } from './audit-data.ts';
import type { DetailStore } from './detail-store.ts';
import { hasTexts, sealTexts } from './sealed-texts.ts';

export interface SealingAppendOptions {
  readonly ledger: Ledger;
  readonly details: DetailStore;
}

/** Appends to the ledger, what people have said outside it first. Entries stand in the order of the calls. */
export function createSealingAppend(
  options: SealingAppendOptions,
): (input: LedgerEntryInput) => Promise<LedgerEntry> {
  /** Resolves when the call before has been given to the ledger, or has failed; undefined while none is on its way. */
  let before: Promise<void> | undefined;
  return async (input) => {
    if (before === undefined && !hasTexts(input.type)) return options.ledger.append(input);
    const given = Promise.withResolvers<void>();
    const turn = before;
    let appended: Promise<LedgerEntry>;
    before = given.promise;
    try {
      const sealing = sealedInput(options, input);
      // Both, also where this one fails: those after it do not overtake those before it.
      await Promise.allSettled([sealing, turn]);
      // Not awaited here: the next one may go as soon as this one has its place.
      appended = options.ledger.append(await sealing);
    } finally {
      given.resolve();
      if (before === given.promise) before = undefined;
    }
    return appended;
  };
}

/** The same, in whatever order. */
export async function appendSealed(
  options: SealingAppendOptions,
  input: LedgerEntryInput,
): Promise<LedgerEntry> {
  if (!hasTexts(input.type)) return options.ledger.append(input);
  return options.ledger.append(await sealedInput(options, input));
}

async function sealedInput(
  { details }: SealingAppendOptions,
  input: LedgerEntryInput,
): Promise<LedgerEntryInput> {
  const type = input.type as ControlAuditType;
  if (!hasTexts(type)) return input;
  const data = await sealTexts(details, type, input.data as AuditDataOf<ControlAuditType>);
  return { ...input, data };
}

import { LedgerError } from '@aftertrace/ledger';
import { Actor, type LedgerEntry } from '@aftertrace/schema';
import { z } from 'zod';

import { AuditData, type ControlEntry } from './audit-data.ts';
import type { ContainmentReserve } from './containment-reserve.ts';
import type { ControlCore } from './control-core.ts';
import { appendSealed } from './sealing-append.ts';
import type { UnsealedFact } from './unsealed-facts.ts';

/** Why a fact is to take effect without the ledger. */
export interface NotWritten {
  readonly reason: string;
  /** A write of it that has not come to its end. */
  readonly attempt?: Promise<LedgerEntry>;
}

/**
 * Writes within the time that an order may wait, and adopts what was written at once, as the ledger has it. Otherwise says
 * why not, and adopts nothing.
 */
export async function writeSoon(
  core: ControlCore,
  fact: UnsealedFact,
  adopt: (entry: LedgerEntry) => void,
): Promise<NotWritten | undefined> {
  const { unsealed, timers, sealTimeoutMillis } = core;
  if (unsealed.size() > 0) {
    // Behind the others, in their order.
    if (!unsealed.isFull()) return { reason: `${unsealed.size()} facts wait before it` };
    await unsealed.seal();
  }
  const { appliedAt: at, actor, type, data } = fact;
  const attempt = appendSealed(core, { at, actor, type, data });
  const late = Promise.withResolvers<NotWritten>();
  let isLate = false;
  const callOff = timers.after(sealTimeoutMillis, () => {
    isLate = true;
    late.resolve({ attempt, reason: `no answer within ${sealTimeoutMillis} ms` });
  });
  const written = attempt.then((entry) => {
    if (!isLate) adopt(entry);
    return undefined;
  });
  try {
    return await Promise.race([written, late.promise]);
  } catch (error) {
    if (!LedgerError.is(error) || HOPELESS.has(error.code)) throw error;
    return { reason: error.message };
  } finally {
    callOff();
  }
}

/** Waiting would not help: nothing will ever be written, or not this. */
const HOPELESS: ReadonlySet<string> = new Set(['ledger_closed', 'entry_invalid']);

/** The entry as it would be if the ledger took it next. */
export function provisional(core: ControlCore, fact: UnsealedFact): ControlEntry {
  const { type, data, actor, appliedAt } = fact;
  const seq = Math.max(core.ledger.head().seq + 1, core.model.revision);
  return { type, seq, at: appliedAt, actor, data, unsealed: true } as unknown as ControlEntry;
}

const KeptOrder = z.object({
  type: z.literal('containment.requested'),
  data: AuditData['containment.requested'],
  actor: Actor,
  appliedAt: z.string(),
});

/** Orders in the reserve that never came into the ledger. */
export function orphans(core: ControlCore, reserve: ContainmentReserve): readonly UnsealedFact[] {
  return reserve.left.facts.flatMap((fact) => {
    const parsed = KeptOrder.safeParse(fact);
    if (!parsed.success) {
      core.log('error', `an order that was kept is lost: ${z.prettifyError(parsed.error)}`);
      return [];
    }
    return core.model.containments.has(parsed.data.data.containment.id) ? [] : [parsed.data];
  });
}

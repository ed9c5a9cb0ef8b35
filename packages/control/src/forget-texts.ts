import type { Containment } from '@aftertrace/schema';

import { readEntry, type ControlEntry } from './audit-data.ts';
import type { ControlCore } from './control-core.ts';
import type { ControlModel } from './control-model.ts';
import { digestsOfTexts, ERASED_TEXT, hasTexts } from './sealed-texts.ts';

/** Texts that were destroyed on disk are forgotten here too: what shows them shows that they were erased. */
export async function forgetTexts(core: ControlCore, digests: ReadonlySet<string>): Promise<void> {
  if (digests.size === 0) return;
  for await (const entry of core.ledger.entries()) {
    const read = hasTexts(entry.type) ? readEntry(entry) : undefined;
    if (read === undefined) continue;
    if (digestsOfTexts(read.type, read.data).some((digest) => digests.has(digest)))
      forget(core.model, read);
  }
}

function forget(model: ControlModel, entry: ControlEntry): void {
  switch (entry.type) {
    case 'containment.requested':
      return change(model.containments, entry.data.containment.id, (record) => ({
        ...record,
        containment: { ...record.containment, reason: ERASED_TEXT },
      }));
    case 'containment.staged':
    case 'containment.released':
      return change(model.containments, entry.data.containment, (record) => ({
        ...record,
        containment: withoutReasons(record.containment),
      }));
    case 'plan.switched_on':
    case 'plan.switched_off':
      return change(model.plans, entry.data.plan, (plan) =>
        plan.at === entry.at ? { ...plan, reason: ERASED_TEXT } : plan,
      );
    case 'policy.proposed':
      return change(model.proposals, entry.data.proposal, (proposal) => ({
        ...proposal,
        reason: ERASED_TEXT,
      }));
    case 'policy.published': {
      const { policy } = model;
      if (policy?.bundle.revision === entry.data.bundle.revision)
        model.policy = { ...policy, reason: ERASED_TEXT };
      return;
    }
    case 'rollback.requested':
      return change(model.rollback.rollbacks, entry.data.rollback, (rollback) => ({
        ...rollback,
        reason: ERASED_TEXT,
      }));
    case 'override':
      return change(model.overrides, entry.data.override.id, (override) => ({
        ...override,
        reason: ERASED_TEXT,
      }));
    case 'override.outcome':
      return change(model.overrides, entry.data.override, (override) => ({
        ...override,
        outcome: { ...override.outcome, detail: ERASED_TEXT },
      }));
    default:
      return undefined;
  }
}

/** Of whoever lifted it: both steps of a release have the one reason, or each its own. */
function withoutReasons(containment: Containment): Containment {
  const { staged, released } = containment;
  return {
    ...containment,
    ...(staged === undefined ? {} : { staged: { ...staged, reason: ERASED_TEXT } }),
    ...(released === undefined ? {} : { released: { ...released, reason: ERASED_TEXT } }),
  };
}

function change<T>(records: Map<string, T>, id: string, to: (record: T) => T): void {
  const record = records.get(id);
  if (record !== undefined) records.set(id, to(record));
}

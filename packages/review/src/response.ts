import type { Review } from '@aftertrace/schema';

import type { AuditRecord } from './audit-records.ts';

type Json = Record<string, unknown>;

/** Each containment with what became of it, process by process. */
export function containmentsOf(audit: readonly AuditRecord[]): Review['containments'] {
  const byId = new Map<string, Json & { effective: unknown[]; unreachable: string[] }>();
  for (const record of audit) {
    if (record.type === 'containment.requested') {
      const { containment } = record.data;
      byId.set(containment.id, {
        ...containment,
        effective: [...containment.effective],
        unreachable: [...containment.unreachable],
      });
    } else if (record.type.startsWith('containment.')) {
      amend(byId, record);
    }
  }
  return [...byId.values()];
}

function amend(
  byId: ReadonlyMap<string, Json & { effective: unknown[]; unreachable: string[] }>,
  record: AuditRecord,
): void {
  switch (record.type) {
    case 'containment.effective': {
      const { containment, effect } = record.data;
      const found = byId.get(containment);
      if (found === undefined) return;
      found.effective.push(effect);
      // It answered after all.
      found.unreachable = found.unreachable.filter((instance) => instance !== effect.instance);
      return;
    }
    case 'containment.unreachable':
      byId.get(record.data.containment)?.unreachable.push(record.data.instance);
      return;
    case 'containment.released': {
      const { containment, by, reason } = record.data;
      Object.assign(byId.get(containment) ?? {}, {
        released: { actor: by, reason, at: record.at },
      });
      return;
    }
    case 'containment.expired':
      Object.assign(byId.get(record.data.containment) ?? {}, { expiredAt: record.at });
      return;
    default:
      return;
  }
}

/** Each override with its newest outcome. */
export function overridesOf(audit: readonly AuditRecord[]): Review['overrides'] {
  const byId = new Map<string, Json>();
  for (const record of audit) {
    if (record.type === 'override') {
      byId.set(record.data.override.id, { ...record.data.override });
    } else if (record.type === 'override.outcome') {
      const { override, status, at, detail } = record.data;
      const outcome = { status, at, ...(detail === undefined ? {} : { detail }) };
      Object.assign(byId.get(override) ?? {}, { outcome });
    }
  }
  return [...byId.values()];
}

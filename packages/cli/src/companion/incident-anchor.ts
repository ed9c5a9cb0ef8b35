import type { IncidentLogLine, LedgerEntryInput } from '@aftertrace/schema';

/** Each step of an incident is anchored in the audit log, with the head of the incident's own chain. */
export function anchorOf(event: IncidentLogLine): LedgerEntryInput | undefined {
  if (event.type !== 'transition' && event.type !== 'opened') return undefined;
  const { at, actor, incident, seq, from, to, reason, hash } = event;
  const data = { incident, seq, from, to, reason, hash };
  return { at, actor, type: 'incident.transition', data: defined(data) };
}

function defined(data: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(data).filter(([, value]) => value !== undefined));
}

import type { Decision, ReviewEvidence, TimelineRow } from '@aftertrace/schema';

import type { AuditRecord } from './audit-records.ts';
import { plain } from './plain-text.ts';

/** What a decision said, in words, of names and ids only. */
export function decisionText(
  decision: Pick<Decision, 'verdict' | 'action' | 'source' | 'rule' | 'tool'>,
): string {
  const { verdict, action, source, rule, tool } = decision;
  const by = rule === undefined ? source : `${source} rule ${plain(rule)}`;
  const done = action === verdict ? verdict : `${verdict} (in shadow; what was done: ${action})`;
  return `${plain(tool)}: ${done}, by ${by}`;
}

function evidenceOf(
  record: AuditRecord,
  ids: { readonly traceId?: string | undefined; readonly spanId?: string | undefined } = {},
): ReviewEvidence[] {
  const { traceId, spanId } = ids;
  return [
    {
      ledgerSeq: record.seq,
      ...(traceId === undefined ? {} : { traceId }),
      ...(spanId === undefined ? {} : { spanId }),
    },
  ];
}

function scopeText(scope: 'global' | object): string {
  if (scope === 'global') return 'everything';
  return Object.entries(scope)
    .map(([key, value]) => `${key} ${plain(String(value))}`)
    .join(', ');
}

/** What a row says beyond who and when; those of the entry stand where it does not say otherwise. */
type RowText = Pick<TimelineRow, 'source' | 'text'> & Partial<TimelineRow>;
type RecordOf<T extends AuditRecord['type']> = Extract<AuditRecord, { readonly type: T }>;

/** One writer a type of entry. `undefined`: it says nothing for a timeline. */
const ROWS: {
  readonly [T in AuditRecord['type']]: (record: RecordOf<T>) => RowText | undefined;
} = {
  'containment.requested': ({ data }) => {
    const { kind, scope, mode, reason, drill, expiresAt } = data.containment;
    const notes = [drill ? 'a drill' : '', mode === 'shadow' ? 'in shadow' : ''].filter(Boolean);
    const until = expiresAt === undefined ? 'until released' : `until ${expiresAt}`;
    const also = notes.length === 0 ? '' : ` (${notes.join(', ')})`;
    const text = `${kind} of ${scopeText(scope)}${also}, ${until}: ${plain(reason)}`;
    return { source: 'containment', text };
  },
  'containment.effective': ({ data: { containment, effect } }) => ({
    source: 'containment',
    at: effect.at,
    text: `${plain(containment)} in force in ${plain(effect.instance)}, ${effect.aborted} calls aborted`,
  }),
  'containment.unreachable': ({ data: { containment, instance } }) => ({
    source: 'containment',
    text: `${plain(containment)} not confirmed by ${plain(instance)}`,
  }),
  'containment.released': ({ data: { containment, by, reason } }) => ({
    source: 'containment',
    actor: plain(by.name ?? by.id),
    text: `${plain(containment)} released: ${plain(reason)}`,
  }),
  'containment.expired': ({ data }) => ({
    source: 'containment',
    text: `${plain(data.containment)} expired`,
  }),
  'policy.published': ({ data: { bundle, reason } }) => ({
    source: 'policy',
    text: `policy ${plain(bundle.name)} published as revision ${bundle.revision}: ${plain(reason)}`,
  }),
  'policy.refused': ({ data: { name, instance } }) => ({
    source: 'policy',
    text: `policy ${plain(name)} refused${instance === undefined ? '' : ` by ${plain(instance)}`}`,
  }),
  'policy.effective': ({ data: { instance, policyRevision, inForceSince } }) => ({
    source: 'policy',
    at: inForceSince,
    text: `policy revision ${policyRevision} in force in ${plain(instance)}`,
  }),
  'approval.requested': (record) => {
    const { request } = record.data;
    const rule = request.rule === undefined ? '' : ` (rule ${plain(request.rule)})`;
    return {
      source: 'decision',
      at: request.requestedAt,
      actor: plain(request.agent),
      text: `${plain(request.tool)} waits for a person${rule}`,
      evidence: evidenceOf(record, request),
    };
  },
  'approval.expired': ({ data }) => ({
    source: 'decision',
    text: `nobody answered ${plain(data.approval)} in time`,
  }),
  override: (record) => {
    const { override } = record.data;
    const { prior, kind, decision, reason, actor } = override;
    const tool = prior.tool === undefined ? '' : ` on ${plain(prior.tool)}`;
    return {
      source: 'override',
      at: override.at,
      actor: plain(actor.name ?? actor.id),
      text: `${kind}: ${decision}${tool} (before: ${prior.source}, ${plain(prior.decision)}): ${plain(reason)}`,
      evidence: evidenceOf(record, override),
    };
  },
  'override.outcome': ({ data: { override, status, at, detail, inferred } }) => ({
    source: 'override',
    at,
    ...(inferred === true ? { kind: 'inference' } : {}),
    text: `outcome of ${plain(override)}: ${plain(status)}${inferred === true && detail !== undefined ? ` (${plain(detail)})` : ''}`,
  }),
  decision: (record) => {
    const { decision } = record.data;
    return {
      source: 'decision',
      at: decision.at,
      actor: plain(decision.agent),
      text: decisionText(decision),
      evidence: evidenceOf(record, decision),
    };
  },
  'evidence.gap': () => undefined,
};

/** A row for a sealed record: a fact, unless the record itself says that it is an inference. `undefined`: it says nothing for a timeline. */
export function auditRow(record: AuditRecord): TimelineRow | undefined {
  const write = ROWS[record.type] as (record: AuditRecord) => RowText | undefined;
  const text = write(record);
  if (text === undefined) return undefined;
  const { at, actor } = record;
  const name = plain(actor.name ?? actor.id);
  return { at, kind: 'fact', actor: name, evidence: evidenceOf(record), ...text };
}

import { sealedDigest } from '@aftertrace/control';
import { trajectoryId, type LedgerEntry, type LegalHold } from '@aftertrace/schema';

/** What an entry of the audit log is about. */
export interface EntryFacts {
  /** Of details: arguments, results, and texts that people wrote. */
  readonly digests: readonly string[];
  /** Ids of people: who decided, ordered, asked or approved. */
  readonly people: ReadonlySet<string>;
  readonly conversations: ReadonlySet<string>;
  readonly runs: ReadonlySet<string>;
  /** Whether it tells of the run whose trajectory has this id. */
  readonly isOfRun: (trajectory: string) => boolean;
}

const DETAIL_FIELDS: ReadonlySet<string> = new Set(['argumentsDigest', 'resultDigest']);
/** Fields whose value, or its `id`, is a person's. */
const PERSON_FIELDS: ReadonlySet<string> = new Set([
  'actor',
  'by',
  'approver',
  'onBehalfOf',
  'userId',
  'owner',
]);

export function factsOf({ actor, data }: Pick<LedgerEntry, 'actor' | 'data'>): EntryFacts {
  const digests: string[] = [];
  const people = new Set<string>([actor.id]);
  const conversations = new Set<string>();
  const runs = new Set<string>();
  const text = (value: string, name: string, parent: string): void => {
    const sealed = sealedDigest(value);
    if (sealed !== undefined) digests.push(sealed);
    else if (DETAIL_FIELDS.has(name)) digests.push(value);
    if (PERSON_FIELDS.has(name) || (name === 'id' && PERSON_FIELDS.has(parent))) people.add(value);
    if (name === 'conversation') conversations.add(value);
    if (name === 'run') runs.add(value);
  };
  const walk = (value: unknown, name: string, parent: string): void => {
    if (typeof value === 'string') text(value, name, parent);
    else if (Array.isArray(value)) for (const member of value) walk(member, name, parent);
    else if (typeof value === 'object' && value !== null)
      for (const [key, member] of Object.entries(value)) walk(member, key, name);
  };
  walk(data, '', '');
  // Where a run's id is known, it alone makes the id of its trajectory.
  const trajectories = new Set(
    [...runs].map((runId) => trajectoryId({ runId, traceId: '', rootSpanId: '' })),
  );
  const isOfRun = (trajectory: string): boolean => trajectories.has(trajectory);
  return { digests, people, conversations, runs, isOfRun };
}

/** Whether a legal hold keeps what an entry says, and what it points to. */
export function holdsEntry(
  { selector }: LegalHold,
  { at }: Pick<LedgerEntry, 'at'>,
  facts: EntryFacts,
): boolean {
  const { trajectoryIds = [], conversation, time } = selector;
  if (conversation !== undefined && facts.conversations.has(conversation)) return true;
  if (trajectoryIds.some((id) => facts.isOfRun(id))) return true;
  if (time === undefined) return false;
  // As times, not as texts: one may be written without seconds, the other with milliseconds.
  const atMillis = Date.parse(at);
  return atMillis >= Date.parse(time.from ?? at) && atMillis <= Date.parse(time.until ?? at);
}

import { carriedEntry, detailId, detailRefs, sealedDigest } from '@aftertrace/control';
import { trajectoryId, type LedgerEntry, type LegalHold } from '@aftertrace/schema';

/** What an entry of the audit log is about. An entry that retention carried over is about what it was about before. */
export interface EntryFacts {
  /** Texts that people wrote, as the detail store names them. */
  readonly texts: readonly string[];
  /** Arguments and results, as the detail store names them: the entry's own, and those of before values had owners. */
  readonly values: readonly string[];
  /** Ids of people: who decided, ordered, asked or approved. */
  readonly people: ReadonlySet<string>;
  /** Those of them for whom the agent worked: its arguments and results are about them. */
  readonly subjects: ReadonlySet<string>;
  readonly conversations: ReadonlySet<string>;
  readonly runs: ReadonlySet<string>;
  /** Whether it tells of the run whose trajectory has this id. */
  readonly isOfRun: (trajectory: string) => boolean;
}

const DETAIL_FIELDS: ReadonlySet<string> = new Set(['argumentsDigest', 'resultDigest']);
const SUBJECT_FIELDS: ReadonlySet<string> = new Set(['onBehalfOf', 'userId']);
/** Fields whose value, or its `id`, is a person's. */
const PERSON_FIELDS: ReadonlySet<string> = new Set([
  'actor',
  'by',
  'approver',
  'owner',
  ...SUBJECT_FIELDS,
]);

export function factsOf(entry: LedgerEntry): EntryFacts {
  const carried = carriedEntry(entry);
  if (carried !== undefined) return factsOf(carried);
  const { type, actor, data } = entry;
  const texts: string[] = [];
  const values = detailRefs(type, data).map(detailId);
  const people = new Set<string>([actor.id]);
  const subjects = new Set<string>();
  const conversations = new Set<string>();
  const runs = new Set<string>();
  const text = (value: string, name: string, parent: string): void => {
    const sealed = sealedDigest(value);
    if (sealed !== undefined) texts.push(sealed);
    else if (DETAIL_FIELDS.has(name)) values.push(value);
    const who = name === 'id' ? parent : name;
    if (PERSON_FIELDS.has(who)) people.add(value);
    if (SUBJECT_FIELDS.has(who)) subjects.add(value);
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
  return { texts, values, people, subjects, conversations, runs, isOfRun };
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

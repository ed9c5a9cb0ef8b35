import { trajectoryId, type LedgerEntry, type LegalHold } from '@aftertrace/schema';

/** What an entry of the audit log is about. */
export interface EntryFacts {
  /** Of details, by the names that fields with such digests have. */
  readonly digests: readonly string[];
  /** Every text in it. */
  readonly texts: ReadonlySet<string>;
  /** Whether it tells of the run whose trajectory has this id. */
  readonly isOfRun: (trajectory: string) => boolean;
}

const DETAIL_FIELDS: ReadonlySet<string> = new Set(['argumentsDigest', 'resultDigest']);

export function factsOf(data: LedgerEntry['data']): EntryFacts {
  const digests: string[] = [];
  const texts = new Set<string>();
  const trajectories = new Set<string>();
  const walk = (value: unknown, name: string): void => {
    if (typeof value === 'string') {
      texts.add(value);
      if (DETAIL_FIELDS.has(name)) digests.push(value);
      // Where the run's id is known, it alone makes the id of its trajectory.
      if (name === 'run')
        trajectories.add(trajectoryId({ runId: value, traceId: '', rootSpanId: '' }));
    } else if (typeof value === 'object' && value !== null) {
      for (const [key, member] of Object.entries(value)) walk(member, key);
    }
  };
  walk(data, '');
  return { digests, texts, isOfRun: (trajectory) => trajectories.has(trajectory) };
}

/** Whether a legal hold keeps what an entry says, and what it points to. */
export function holdsEntry(
  { selector }: LegalHold,
  { at }: Pick<LedgerEntry, 'at'>,
  facts: EntryFacts,
): boolean {
  const { trajectoryIds = [], conversation, time } = selector;
  if (conversation !== undefined && facts.texts.has(conversation)) return true;
  if (trajectoryIds.some((id) => facts.isOfRun(id))) return true;
  if (time === undefined) return false;
  // As times, not as texts: one may be written without seconds, the other with milliseconds.
  const atMillis = Date.parse(at);
  return atMillis >= Date.parse(time.from ?? at) && atMillis <= Date.parse(time.until ?? at);
}

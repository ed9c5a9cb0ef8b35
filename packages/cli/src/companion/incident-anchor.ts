import type { IncidentAnchor } from '@aftertrace/incidents';
import type { Actor, IncidentLogLine, LedgerEntry, LedgerEntryInput } from '@aftertrace/schema';

/** What the audit log is told of incidents, so that a cut or changed one shows. */
export interface IncidentAnchors {
  /** An event is on disk. */
  readonly noted: (event: IncidentLogLine) => void;
  /** Anchors what is not anchored yet. Never rejects. */
  readonly flush: () => Promise<void>;
}

export interface IncidentAnchorsOptions {
  /** Writes into the audit log. */
  readonly append: (entry: LedgerEntryInput) => Promise<unknown>;
  readonly onProblem: (error: unknown) => void;
  /** Runs work after so long; what is left to it is flushed at the end. Default: a timer that keeps no process alive. */
  readonly later?: (millis: number, work: () => void) => void;
}

/** Findings and notes come in numbers: the head that they lead to is anchored once in this time. */
const HEADS_MILLIS = 60_000;

/**
 * Anchors each step of an incident at once, with its reason left out (it stands in the incident, and in nothing that is
 * kept for ever); and every other event with those after it.
 */
export function createIncidentAnchors(options: IncidentAnchorsOptions): IncidentAnchors {
  const { append, onProblem, later = timer } = options;
  const waiting = new Map<string, IncidentLogLine>();
  const write = async (entry: LedgerEntryInput): Promise<void> => {
    await append(entry).catch(onProblem);
  };
  const flush = async (): Promise<void> => {
    const events = [...waiting.values()];
    waiting.clear();
    await Promise.all(events.map(async (event) => write(headEntry(event))));
  };
  return {
    flush,
    noted: (event) => {
      if (event.type === 'transition' || event.type === 'opened') {
        waiting.delete(event.incident);
        void write(stepEntry(event));
        return;
      }
      if (waiting.size === 0) later(HEADS_MILLIS, () => void flush());
      waiting.set(event.incident, event);
    },
  };
}

function stepEntry({
  at,
  actor,
  incident,
  seq,
  from,
  to,
  hash,
}: IncidentLogLine): LedgerEntryInput {
  const data = {
    incident,
    seq,
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    hash,
  };
  return { at, actor, type: 'incident.transition', data };
}

const HEADS: Actor = { kind: 'system', id: 'aftertrace/incidents', assurance: 'asserted' };

function headEntry({ at, incident, seq, hash }: IncidentLogLine): LedgerEntryInput {
  return { at, actor: HEADS, type: 'incident.head', data: { incident, seq, hash } };
}

function timer(millis: number, work: () => void): void {
  setTimeout(work, millis).unref();
}

/** The anchor that an entry of the audit log is; undefined for every other entry. */
export function anchorIn({ type, data }: LedgerEntry): IncidentAnchor | undefined {
  if (type !== 'incident.transition' && type !== 'incident.head') return undefined;
  const { incident, seq, hash } = data;
  if (typeof incident !== 'string' || typeof seq !== 'number' || typeof hash !== 'string')
    return undefined;
  return { incident, seq, hash };
}

import { canonicalJson, sha256Hex, type IncidentLogLine } from '@aftertrace/schema';

/** `prevHash` of an incident's first event. */
export const GENESIS_HASH = '0'.repeat(64);

/** Where an incident's chain stands: what the next event must continue. */
export interface ChainHead {
  readonly seq: number;
  readonly hash: string;
}

function hashOf(line: Omit<IncidentLogLine, 'hash'>): string {
  return sha256Hex(canonicalJson(line));
}

/** Puts an event at the end of its incident's chain (`head` absent: it is the first). */
export function sealEvent(
  event: Omit<IncidentLogLine, 'seq' | 'prevHash' | 'hash'>,
  head: ChainHead | undefined,
): IncidentLogLine {
  const line = {
    ...event,
    seq: head === undefined ? 0 : head.seq + 1,
    prevHash: head?.hash ?? GENESIS_HASH,
  };
  return { ...line, hash: hashOf(line) };
}

/** What is wrong with an event at this place of its chain, or `undefined`. */
export function chainProblem(
  line: IncidentLogLine,
  head: ChainHead | undefined,
): string | undefined {
  const { hash, ...rest } = line;
  const expectedSeq = head === undefined ? 0 : head.seq + 1;
  if (line.seq !== expectedSeq) return `expected event ${expectedSeq}, found ${line.seq}`;
  if (line.prevHash !== (head?.hash ?? GENESIS_HASH)) {
    return 'prevHash is not the hash of the event before it';
  }
  if (hash !== hashOf(rest)) return 'the hash does not match the content: the event was changed';
  return undefined;
}

const MAX_LENGTH = 300;

/**
 * Text from strangers, fit to stand in a sentence: one line, without control and direction characters, at most 300 long.
 * It is still to be escaped for whatever it is rendered in.
 */
export function plain(text: string): string {
  const clean = text
    .slice(0, 4 * MAX_LENGTH)
    .replace(/[\p{C}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim();
  return clean.length > MAX_LENGTH ? `${clean.slice(0, MAX_LENGTH - 1)}…` : clean;
}

/** A time in nanoseconds since the epoch, as ISO 8601 in UTC. */
export function isoOfNanos(nanos: string): string {
  return new Date(Number(BigInt(nanos) / 1_000_000n)).toISOString();
}

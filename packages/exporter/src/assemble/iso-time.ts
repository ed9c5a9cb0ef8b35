/**
 * A time of OTLP as ISO 8601 in UTC, exact to the nanosecond: three decimals where that is exact, else nine.
 * Times outside of what a `Date` can hold become the epoch.
 *
 * @param unixNano nanoseconds since the Unix epoch, as a decimal string
 */
export function isoTime(unixNano: string): string {
  const nanos = toNanos(unixNano);
  const millis = Number(nanos / 1_000_000n);
  if (!(millis >= 0 && millis <= 8.64e15)) return new Date(0).toISOString();
  const text = new Date(millis).toISOString();
  const rest = nanos % 1_000_000n;
  return rest === 0n ? text : `${text.slice(0, -1)}${rest.toString().padStart(6, '0')}Z`;
}

/** Nanoseconds as a `bigint`; text that is no number is zero. */
export function toNanos(unixNano: string): bigint {
  return /^\d{1,20}$/.test(unixNano) ? BigInt(unixNano) : 0n;
}

/** Milliseconds between two times, never negative, with the fraction that the nanoseconds give. */
export function millisBetween(startUnixNano: string, endUnixNano: string): number {
  const nanos = toNanos(endUnixNano) - toNanos(startUnixNano);
  return nanos <= 0n ? 0 : Number(nanos) / 1e6;
}

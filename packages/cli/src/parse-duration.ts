const UNIT_MILLIS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/**
 * A duration such as `250ms`, `30s`, `15m`, `2h`, `7d`, in milliseconds.
 *
 * @returns undefined for anything else, zero and what no timer can hold (more than a year).
 */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d{1,9})(ms|s|m|h|d)$/.exec(text.trim());
  if (match === null) return undefined;
  const millis = Number(match[1]) * (UNIT_MILLIS[match[2] ?? ''] ?? Number.NaN);
  return millis > 0 && millis <= 366 * 86_400_000 ? millis : undefined;
}

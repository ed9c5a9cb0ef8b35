const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/**
 * How long to wait after the first, second, … failed attempt, in milliseconds: the schedule that Standard Webhooks 1.0.0
 * recommends. After the last one, a notice is given up.
 */
export const retryDelaysMillis: readonly number[] = [
  5 * SECOND,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  14 * HOUR,
  20 * HOUR,
  24 * HOUR,
];

/** The longest that a receiver may put us off, in milliseconds. */
export const MAX_RETRY_AFTER_MILLIS = 24 * HOUR;

/**
 * The wait after `attempts` failed attempts, spread by a tenth either way (`random` in 0..1) so that many notices do not
 * come back at once; never shorter than the receiver asked for. `undefined`: give up.
 */
export function retryDelayMillis(
  attempts: number,
  random: number,
  retryAfterMillis: number | undefined,
): number | undefined {
  const base = retryDelaysMillis[attempts - 1];
  if (base === undefined) return undefined;
  const spread = Math.round(base * (0.9 + 0.2 * random));
  return Math.max(spread, Math.min(retryAfterMillis ?? 0, MAX_RETRY_AFTER_MILLIS));
}

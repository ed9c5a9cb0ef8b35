const WARM_UP = 100_000;
const MAX_MILLIS = 4_000;

/** Microseconds of single calls, the timer's own about 0.05 µs included. */
export interface Percentiles {
  readonly p50: number;
  readonly p99: number;
}

/**
 * Times each call by itself: a mean would hide what the slowest hundredth costs. Stops after so many calls, or after about
 * four seconds.
 */
export function percentilesOf(
  work: (index: number) => unknown,
  { calls = 200_000 }: { readonly calls?: number } = {},
): Percentiles {
  const until = performance.now() + MAX_MILLIS;
  for (let index = 0; index < Math.min(WARM_UP, calls); index += 1) {
    kept = work(index);
    if (performance.now() > until) break;
  }
  const micros = new Float64Array(calls);
  let count = 0;
  while (count < calls && performance.now() < until + MAX_MILLIS) {
    const from = performance.now();
    kept = work(count);
    micros[count] = (performance.now() - from) * 1000;
    count += 1;
  }
  const sorted = micros.subarray(0, count).toSorted();
  const at = (share: number): number => sorted[Math.floor(count * share)] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99) };
}

/** What was measured last, so that the work must be done. */
export let kept: unknown;

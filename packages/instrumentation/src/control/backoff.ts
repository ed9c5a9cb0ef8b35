/** Waiting times between attempts that fail. */
export interface Backoff {
  /** Milliseconds to wait before the next attempt. */
  next(): number;
  /** It worked: start over. */
  reset(): void;
}

/** Bounds of the waiting times. */
export interface BackoffOptions {
  readonly firstMillis: number;
  readonly maxMillis: number;
  /** From 0 to 1, so that many agents do not come back at the same instant. */
  readonly random: () => number;
}

/** Doubles from `firstMillis` to `maxMillis`, each drawn from the upper half of its range. */
export function createBackoff({ firstMillis, maxMillis, random }: BackoffOptions): Backoff {
  let currentMillis = firstMillis;
  return {
    next: () => {
      const wait = currentMillis * (0.5 + random() / 2);
      currentMillis = Math.min(currentMillis * 2, maxMillis);
      return Math.round(wait);
    },
    reset: () => {
      currentMillis = firstMillis;
    },
  };
}

/** How much of something may happen: so many a second in the long run, so many at once. */
export interface RateLimit {
  readonly perSecond: number;
  readonly burst: number;
}

/** Token buckets, one a key. */
export interface RateLimiter {
  /** Takes one; gives 0, or after how many milliseconds there is one again. */
  readonly take: (key: string, limit: RateLimit) => number;
}

interface Bucket {
  left: number;
  atMillis: number;
}

/** Keys beyond this are forgotten, those longest not used first: their next request finds a full bucket. */
const MAX_KEYS = 10_000;

/** @param now Milliseconds; may jump: a jump back adds nothing, a jump ahead at most fills the bucket. */
export function createRateLimiter(now: () => number): RateLimiter {
  const buckets = new Map<string, Bucket>();
  return {
    take: (key, { perSecond, burst }) => {
      const nowMillis = now();
      const bucket = buckets.get(key) ?? { left: burst, atMillis: nowMillis };
      const elapsed = Math.max(0, nowMillis - bucket.atMillis);
      bucket.left = Math.min(burst, bucket.left + (elapsed * perSecond) / 1000);
      bucket.atMillis = nowMillis;
      buckets.delete(key); // To the end: the map is in the order of last use.
      buckets.set(key, bucket);
      if (buckets.size > MAX_KEYS) forgetOldest(buckets);
      if (bucket.left < 1) return Math.ceil(((1 - bucket.left) * 1000) / perSecond);
      bucket.left -= 1;
      return 0;
    },
  };
}

function forgetOldest(buckets: Map<string, Bucket>): void {
  const [oldest] = buckets.keys();
  if (oldest !== undefined) buckets.delete(oldest);
}

/** What a preload works with. */
export interface PreloadOptions {
  /** Nothing begins earlier: a process that lives shorter pays nothing. */
  readonly afterMillis: number;
  /** While the process is busy, it is looked at again after so long. */
  readonly retryMillis: number;
  /** A process that never rests loads it after so many looks. */
  readonly maxLooks: number;
  /** The event loop had little to do since the last look. */
  readonly isIdle: () => boolean;
  /** What is loaded, one piece after the other, each in a turn of its own. */
  readonly pieces: readonly (() => Promise<unknown>)[];
}

/** The compiler of bundles and what it stands on, the larger part first. */
export const COMPILER: PreloadOptions['pieces'] = [
  () => import('@aftertrace/schema'),
  () => import('@aftertrace/policy/compile'),
  async () => (await import('@aftertrace/policy/compile')).warmCompiler(),
];

/**
 * Loads the compiler before the first policy comes, so that the policy is in force at once: where a thousand processes got
 * their first one together, loading it then took seconds. It takes about 0.2 s of the process, in three pieces, when it has
 * little to do. Does not keep the process alive. Returns a way to call it off.
 */
export function preloadCompiler(options: PreloadOptions): () => void {
  const { afterMillis, retryMillis, maxLooks, isIdle, pieces } = options;
  const left = [...pieces];
  let looks = 0;
  let timer: NodeJS.Timeout | undefined;
  let isOff = false;
  const wait = (millis: number): void => {
    if (!isOff && left.length > 0) timer = setTimeout(next, millis).unref();
  };
  const next = (): void => {
    looks += 1;
    if (!isIdle() && looks < maxLooks) return wait(retryMillis);
    // One that cannot be loaded is told about when a policy needs it.
    const loaded = left
      .shift()?.()
      .catch(() => undefined);
    void loaded?.then(() => wait(retryMillis));
  };
  wait(afterMillis);
  return () => {
    isOff = true;
    clearTimeout(timer);
  };
}

/** Whether less than half of the time since the last look was spent in the event loop's work. */
export function createIdleWatch(): () => boolean {
  let before = performance.eventLoopUtilization();
  return () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, before);
    before = now;
    return utilization < 0.5;
  };
}

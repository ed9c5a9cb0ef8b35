import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** Clock ticks a second in `/proc`; Linux has had this value on every platform for decades. */
const TICKS = 100;
const PAGE_FIELDS = { user: 11, system: 12 } as const;

/** Milliseconds of processor time that a process has taken, in its own code and in the kernel's. */
export function cpuMillisOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name in parentheses may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[PAGE_FIELDS.user]) + Number(fields[PAGE_FIELDS.system]);
  return (ticks * 1000) / TICKS;
}

/** Memory of a process. */
export interface ResidentMemory {
  readonly nowBytes: number;
  readonly peakBytes: number;
}

export function residentMemoryOf(pid: number): ResidentMemory {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const kilobytes = (field: string): number =>
    Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0);
  return { nowBytes: kilobytes('VmRSS') * 1024, peakBytes: kilobytes('VmHWM') * 1024 };
}

export function openFilesOf(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

/** What rest is. */
export interface RestOptions {
  readonly waitsMillis: number;
  readonly mostMillis: number;
  /** So long it must have done nothing. Default: 1.5 s. */
  readonly quietMillis?: number;
}

/** When a process came to rest. */
export interface Rest {
  /** As of `performance.now()`: the last moment at which it still worked. */
  readonly atMillis: number;
  readonly cpuMillis: number;
}

const LOOK_MILLIS = 50;
const QUIET_MILLIS = 1500;
/** What an idle process may take in that time: timers, and rounding to ticks. */
const QUIET_CPU_MILLIS = 30;

/**
 * Waits until a process has had nothing to do for a while, and at least as long as it is known to wait by design. Asks
 * nobody but the kernel, so that it is the same for every server.
 */
export async function restOf(
  pid: number,
  { waitsMillis, mostMillis, quietMillis = QUIET_MILLIS }: RestOptions,
): Promise<Rest> {
  const begin = performance.now();
  const seen: { at: number; cpu: number }[] = [];
  for (;;) {
    const at = performance.now();
    const cpu = cpuMillisOf(pid);
    seen.push({ at, cpu });
    const before = seen.findLast((one) => one.at <= at - quietMillis);
    const quiet = before !== undefined && cpu - before.cpu <= QUIET_CPU_MILLIS;
    if (quiet && at - begin >= waitsMillis + quietMillis)
      return { atMillis: lastWork(seen, begin), cpuMillis: cpu };
    if (at - begin > mostMillis) {
      throw new Error(
        `process ${pid} still works ${Math.round(mostMillis / 1000)} s after the load`,
      );
    }
    await delay(LOOK_MILLIS);
  }
}

/** Idle ticks do not count: the last stretch in which it took a tenth of a processor. */
function lastWork(
  seen: readonly { readonly at: number; readonly cpu: number }[],
  begin: number,
): number {
  const step = 4;
  for (let index = seen.length - 1; index >= step; index -= 1) {
    const to = seen[index];
    const from = seen[index - step];
    if (to === undefined || from === undefined) continue;
    if (to.cpu - from.cpu > 0.1 * (to.at - from.at)) return to.at;
  }
  return begin;
}

import { readFile } from 'node:fs/promises';

/** Who holds something: a process id alone is not enough, since the system gives it to others later. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Boot and start time of the process, where the system tells them (Linux). */
  readonly processStart?: string | undefined;
}

/** The identity of a process, with all that the system tells of it. */
export async function identify(pid: number): Promise<ProcessIdentity> {
  const stat = await processStat(pid);
  return { pid, processStart: stat?.start };
}

/** Whether that very process is still running. A process that has ended but was not reaped is not. */
export async function isRunning({ pid, processStart }: ProcessIdentity): Promise<boolean> {
  if (!exists(pid)) return false;
  const stat = await processStat(pid);
  if (stat === undefined) return true;
  if (stat.state === 'Z' || stat.state === 'X') return false;
  return processStart === undefined || stat.start === undefined || stat.start === processStart;
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it is there and belongs to somebody else.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** State and start of a process from `/proc` (proc(5)): start is in ticks since boot, so the boot belongs to it. */
async function processStat(
  pid: number,
): Promise<{ readonly state: string | undefined; readonly start: string | undefined } | undefined> {
  try {
    const [stat, boot] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readFile('/proc/sys/kernel/random/boot_id', 'utf8'),
    ]);
    // The second field is the program's name in parentheses and may hold anything.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const ticks = fields[19];
    return {
      state: fields[0],
      start: ticks === undefined ? undefined : `${boot.trim()}/${ticks}`,
    };
  } catch {
    // No `/proc` here, or the process has just ended: the process id has to do.
    return undefined;
  }
}

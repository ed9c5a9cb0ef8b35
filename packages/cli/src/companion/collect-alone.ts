import { accessSync, constants } from 'node:fs';
import { availableParallelism } from 'node:os';
import { isMainThread } from 'node:worker_threads';

/** For a process that has one processor to itself: its garbage is collected by the thread that makes it. */
export const ONE_PROCESSOR_FLAG = '--single-threaded-gc';

/**
 * Starts this process anew with {@link ONE_PROCESSOR_FLAG}, under its id, where it may use one processor only: pinned, or
 * in a container with a limit of one. V8 has four threads that look for garbage wherever it runs; there they take turns
 * with the one that answers, which then gets a fifth of the time. The flag is only taken before V8 starts.
 *
 * Comes back where nothing is to be done or can be: several processors, the flag is there, Windows, a worker, a process
 * that may start no other, or one whose parent talks to it over a channel, which would not outlive it. To be called before
 * anything is opened.
 */
export function collectAlone(processors: number = availableParallelism()): void {
  const { execArgv, execPath, argv, env, channel } = process;
  if (processors > 1 || execArgv.includes(ONE_PROCESSOR_FLAG)) return;
  if (!isMainThread || channel != null || process.platform === 'win32') return;
  if (process.execve === undefined || !isExecutable(execPath)) return;
  try {
    process.execve(execPath, [execPath, ...execArgv, ONE_PROCESSOR_FLAG, ...argv.slice(1)], env);
  } catch {
    // Node's permission model refuses it without `--allow-child-process`: that is no reason not to serve.
  }
}

/** Node may have been replaced since it was started; what cannot be executed would end the process. */
function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

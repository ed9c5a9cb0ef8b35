/**
 * What holds in a process that starts while its companion is away, until it answers: the last state that was kept and
 * else nothing, nothing, or no guarded call at all.
 */
export type OnStart = 'keep-last' | 'open' | 'closed';

/** Reads `AFTERTRACE_ON_START`; absent is `keep-last`, and a word that is none is undefined. */
export function parseOnStart(value: string | undefined): OnStart | undefined {
  switch (value?.trim().toLowerCase()) {
    case undefined:
    case '':
    case 'keep-last':
      return 'keep-last';
    case 'open':
      return 'open';
    case 'closed':
      return 'closed';
    default:
      return undefined;
  }
}

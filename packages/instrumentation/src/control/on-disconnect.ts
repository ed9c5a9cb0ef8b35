/**
 * How long what was in force stays so in a process that has lost its companion, in milliseconds; then every guarded call
 * is refused until it is back. `Infinity`: as long as it takes.
 */
export type OnDisconnect = number;

/** Reads `AFTERTRACE_ON_DISCONNECT`: `keep-last` or absent, or `closed:<seconds>`; undefined for what is neither. */
export function parseOnDisconnect(value: string | undefined): OnDisconnect | undefined {
  const text = value?.trim().toLowerCase() ?? '';
  if (text === '' || text === 'keep-last') return Infinity;
  const seconds = /^closed:(\d{1,9}(?:\.\d{1,3})?)$/.exec(text)?.[1];
  return seconds === undefined ? undefined : Number(seconds) * 1000;
}

import type { Output } from './output.ts';
import { sanitize } from './sanitize.ts';

/** Told in one line what nobody is waiting for. */
export type Log = (level: 'info' | 'warn' | 'error', message: string) => void;

/** Writes log lines to standard error, with the time; content of strangers cannot steer the terminal. */
export function createLog(output: Output, now: () => number): Log {
  return (level, message) => {
    const time = new Date(now()).toISOString().slice(11, 23);
    const mark = level === 'info' ? '' : `${level}: `;
    output.err(`${time} ${mark}${sanitize(message, 500)}`);
  };
}

import { readTailMembers } from './json-tail.ts';

/** Members that say how a call ended; without one of them, text in braces stays text. */
const TELLING = [
  'isError',
  'is_error',
  'success',
  'ok',
  'exit_code',
  'exitCode',
  'returncode',
] as const;

/**
 * The last simple members of JSON whose middle is broken, as recorders leave it that cut long results: enough to see
 * `"isError": true`. `undefined` where they do not tell how the call ended.
 */
export function recoverMembers(text: string): object | undefined {
  if (!text.startsWith('{')) return undefined;
  const members = readTailMembers(text);
  return TELLING.some((name) => Object.hasOwn(members, name)) ? members : undefined;
}

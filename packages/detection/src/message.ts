import { isObject, read, readText } from './read.ts';

const MESSAGE_KEYS = [
  'message',
  'error_message',
  'errorMessage',
  'error_description',
  'detail',
  'reason',
  'stderr',
  'msg',
  'text',
  'output',
] as const;

/** The text in which a result or an error says what went wrong. For classes only: nothing of it is kept. */
export function messageOf(value: unknown, depth = 0): string | undefined {
  if (typeof value === 'string') return value;
  if (!isObject(value) || depth > 3) return undefined;
  if (Array.isArray(value)) return messageOf(read(value, '0'), depth + 1);
  const error = read(value, 'error');
  const own =
    isObject(error) || typeof error === 'string' ? messageOf(error, depth + 1) : undefined;
  if (own !== undefined && own.trim() !== '') return own;
  for (const key of MESSAGE_KEYS) {
    const text = readText(value, key);
    if (text !== undefined) return text;
  }
  return (
    messageOf(read(value, 'content'), depth + 1) ?? messageOf(read(value, 'errors'), depth + 1)
  );
}

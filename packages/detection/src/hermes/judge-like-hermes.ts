import { isObject, read } from '../read.ts';
import { isTruthy, pythonText } from './python-values.ts';

/** What hermes-agent would have said. */
export interface HermesVerdict {
  readonly failed: boolean;
  /** What its display appends to the line of the call: ` [exit 1]`, ` [error]`; empty where it appends nothing. */
  readonly suffix: string;
  /** Its rules would have raised this instead of answering; `failed` is then `false`. */
  readonly raises?: 'TypeError';
}

const SUCCESS: HermesVerdict = Object.freeze({ failed: false, suffix: '' });
/** How far the last rule reads, in characters. */
const HEAD_CHARS = 500;
const MAX_SUFFIX_CHARS = 48;

/**
 * Judges a tool call by the rules of hermes-agent's `_detect_tool_failure` (`agent/display.py`, 0.18), for those who
 * compare with it or come from it. Written from a table of its rules, mistakes included; `judgeToolCall` is what this
 * project stands for. Python's JSON also takes `NaN` and `Infinity`, which here are not JSON. Never throws.
 */
export function judgeLikeHermes(toolName: string, result: unknown): HermesVerdict {
  if (result === null || result === undefined) return SUCCESS;
  const parsed = typeof result === 'string' ? parseJson(result) : undefined;
  const object = isObject(parsed) && !Array.isArray(parsed) ? parsed : undefined;
  if (object !== undefined && hasLanded(toolName, object)) return SUCCESS;
  if (toolName === 'terminal') return judgeTerminal(object);
  return (
    (toolName === 'memory' && object !== undefined ? judgeMemory(object) : undefined) ??
    (object === undefined ? undefined : judgeObject(object)) ??
    judgeText(result)
  );
}

/** A file tool whose change is in place: errors of a linter in its answer do not count. */
function hasLanded(toolName: string, object: object): boolean {
  if (isTruthy(read(object, 'error'))) return false;
  if (toolName === 'write_file') return Object.hasOwn(object, 'bytes_written');
  return toolName === 'patch' && read(object, 'success') === true;
}

function judgeTerminal(object: object | undefined): HermesVerdict {
  const code = object === undefined ? undefined : read(object, 'exit_code');
  // As Python compares: false is 0.
  if (code === undefined || code === null || code === 0 || code === false) return SUCCESS;
  const error = read(object, 'error');
  return failed(isTruthy(error) ? ` [${trimmed(error)}]` : ` [exit ${pythonText(code)}]`);
}

function judgeMemory(object: object): HermesVerdict | undefined {
  if (read(object, 'success') !== false) return undefined;
  const error = Object.hasOwn(object, 'error') ? read(object, 'error') : '';
  if (typeof error === 'string') {
    return error.includes('exceed the limit') ? failed(' [full]') : undefined;
  }
  if (Array.isArray(error)) {
    return error.includes('exceed the limit') ? failed(' [full]') : undefined;
  }
  if (isObject(error)) {
    return Object.hasOwn(error, 'exceed the limit') ? failed(' [full]') : undefined;
  }
  // `in` on None, a number or a truth value.
  return { ...SUCCESS, raises: 'TypeError' };
}

function judgeObject(object: object): HermesVerdict | undefined {
  const own = read(object, 'error');
  const error = isTruthy(own) ? own : read(object, 'message');
  if (!isTruthy(error)) return undefined;
  const counts = read(object, 'success') === false || Object.hasOwn(object, 'error');
  return counts ? failed(` [${trimmed(error)}]`) : undefined;
}

function judgeText(result: unknown): HermesVerdict {
  if (typeof result !== 'string') return SUCCESS;
  const head = firstChars(result, HEAD_CHARS).toLowerCase();
  const speaks =
    head.includes('"error"') || head.includes('"failed"') || result.startsWith('Error');
  return speaks ? failed(' [error]') : SUCCESS;
}

function failed(suffix: string): HermesVerdict {
  return { failed: true, suffix };
}

function trimmed(error: unknown): string {
  let text = pythonText(error).trim();
  if (text.includes('File not found:') && text.includes('/')) {
    text = text.slice(text.lastIndexOf('/') + 1);
  }
  return firstChars(text, MAX_SUFFIX_CHARS) === text
    ? text
    : `${firstChars(text, MAX_SUFFIX_CHARS - 3)}...`;
}

/** Python counts code points, not UTF-16 units. */
function firstChars(text: string, count: number): string {
  return Array.from(text.slice(0, count * 2))
    .slice(0, count)
    .join('');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // Its rules take text that is not JSON as no object.
    return undefined;
  }
}

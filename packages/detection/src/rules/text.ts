import type { FailureClass } from '@aftertrace/schema';

import { classOfMessage } from '../classify.ts';
import type { Rule, RuleHit } from '../rule.ts';

/** The text of the innermost level, without surrounding space, and where it begins. */
export interface TextSubject {
  readonly text: string;
  /** Where the trimmed text begins in the whole, in UTF-16 units. */
  readonly offset: number;
}

/** An answer that is longer, or has more lines, is content and not a message about the call. */
const MAX_SHORT_CHARS = 600;
const MAX_SHORT_LINES = 8;

/** A text is read as an envelope only if it is short as a whole. */
export function textSubject(text: string): TextSubject | undefined {
  if (text.length > 20_000) return undefined;
  const trimmed = text.trim();
  if (trimmed === '') return undefined;
  return { text: trimmed, offset: text.indexOf(trimmed.charAt(0)) };
}

function isShort(text: string): boolean {
  return (
    text.length <= MAX_SHORT_CHARS &&
    text.split('\n', MAX_SHORT_LINES + 1).length <= MAX_SHORT_LINES
  );
}

function likely({ text, offset }: TextSubject, chars: number, known?: FailureClass): RuleHit {
  return {
    outcome: 'failed',
    certainty: 'likely',
    channel: 'result',
    class: known ?? classOfMessage(text),
    evidence: { range: [offset, offset + chars] },
  };
}

const ERROR_PREFIX = /^(?:Fatal error|Error|ERROR|error|fatal|Exception)\b(?: [^:\n]{1,80})?:\s/;
const NAMED_ERROR = /^(?:[a-z_]\w{0,40}\.){0,4}[A-Z]\w{0,60}(?:Error|Exception): \S/;
const FAILED_PREFIX = /^(?:Failed to|Could not|Unable to|Tool execution failed)\b/;
const TRACEBACK = 'Traceback (most recent call last):';

/** Rules about a short text that is nothing but a message of failure. The full text layer builds on this list. */
export const textRules: readonly Rule<TextSubject>[] = [
  {
    id: 'text.error_prefix',
    family: 'text',
    looksAt: 'the beginning of a short text',
    description: '`Error: …`, `error: …`, `Error executing …: …`, `fatal: …`.',
    judge: (subject) => {
      const match = isShort(subject.text) ? ERROR_PREFIX.exec(subject.text) : null;
      return match === null ? undefined : likely(subject, match[0].trimEnd().length);
    },
  },
  {
    id: 'text.named_error',
    family: 'text',
    looksAt: 'the beginning of a short text',
    description:
      'The name of an error class and its message: `TypeError: …`, `requests.HTTPError: …`.',
    judge: (subject) => {
      const match = isShort(subject.text) ? NAMED_ERROR.exec(subject.text) : null;
      return match === null ? undefined : likely(subject, match[0].length - 3);
    },
  },
  {
    id: 'text.traceback',
    family: 'text',
    looksAt: 'the beginning of a text of up to 20,000 characters',
    description: 'A Python traceback and nothing before it.',
    judge: (subject) =>
      subject.text.startsWith(TRACEBACK) ? likely(subject, TRACEBACK.length, 'crash') : undefined,
  },
  {
    id: 'text.failed_prefix',
    family: 'text',
    looksAt: 'the beginning of a text of one short line',
    description: '`Failed to …`, `Could not …`, `Unable to …`, `Tool execution failed`.',
    judge: (subject) => {
      if (!isShort(subject.text) || subject.text.includes('\n')) return undefined;
      const match = FAILED_PREFIX.exec(subject.text);
      return match === null ? undefined : likely(subject, match[0].length);
    },
  },
];

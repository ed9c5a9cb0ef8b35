import { classOfMessage } from '../classify.ts';
import type { Rule, RuleHit } from '../rule.ts';
import type { TextSubject } from '../text/text-subject.ts';

/** Elements that frameworks wrap an error in, for a model to read. */
const ERROR_ELEMENT =
  /^<((?:tool[_-]?(?:use|call|execution|result)?[_-]?)?error|exception|fault|tool[_-]failure)(?: [^<>]{0,200})?>/i;
/** A line that only names what follows: `Contents of https://…:`. */
const HEADING = /^[^\n<]{1,300}:\s{1,4}(?=<)/;
/** XML in which services answer (S3, SOAP, RSS gateways). */
const SERVICE_ERROR =
  /^<\?xml [^<>]{0,200}\?>\s{0,8}<(?:\w{1,20}:)?(?:error|errorresponse|fault|exceptionreport|serviceexceptionreport)\b/i;
const SOAP_FAULT =
  /^(?:<\?xml [^<>]{0,200}\?>\s{0,8})?<(?:\w{1,20}:)?Envelope\b[\s\S]{0,2000}?<(?:\w{1,20}:)?Fault\b/;
/** Members in markup: `<success>false</success>`, `<returncode>1</returncode>`. */
const FALSE_SUCCESS =
  /^(?:<[\w-]{1,40}>\s{0,8}){0,3}<(?:success|ok|succeeded)>\s{0,8}false\s{0,8}<|^(?:<[\w-]{1,40}>\s{0,8}){0,3}<status>\s{0,8}(?:error|failed|failure)\s{0,8}</i;

function certain(subject: TextSubject, from: number, chars: number): RuleHit {
  return {
    outcome: 'failed',
    certainty: 'certain',
    channel: 'result',
    class: classOfMessage(subject.text.slice(from, from + 600)),
    evidence: { range: [from, from + chars] },
  };
}

/** Is the element that opens at `from` all of the text? */
function isWhole(subject: TextSubject, from: number, name: string): boolean {
  const close = `</${name}>`;
  const { text } = subject;
  const end = text.indexOf(close, from);
  return end === -1 || text.slice(end + close.length, end + close.length + 400).trim() === '';
}

/** Rules about envelopes written as markup; certain, as other envelopes are. */
export const markupRules: readonly Rule<TextSubject>[] = [
  {
    id: 'markup.error_element',
    family: 'envelope',
    looksAt: 'the beginning of a text, also after a line that names what follows',
    description:
      '`<tool_use_error>…</tool_use_error>`, `<error>…</error>` and nothing after it. The same element after content ' +
      'is a note about that content.',
    judge: (subject) => {
      const { text, start } = subject;
      const head = text.slice(start, start + 800);
      const heading = HEADING.exec(head)?.[0].length ?? 0;
      const match = ERROR_ELEMENT.exec(head.slice(heading));
      const name = match?.[1];
      if (match === null || name === undefined) return undefined;
      if (subject.voice === 'foreign' && subject.size === 'long') return undefined;
      if (!isWhole(subject, start + heading, name)) return undefined;
      const hit = certain(subject, start + heading, match[0].length);
      return heading === 0 ? hit : { ...hit, certainty: 'likely' };
    },
  },
  {
    id: 'markup.service_error',
    family: 'envelope',
    looksAt: 'the root element of XML',
    description: '`<Error><Code>NoSuchKey</Code>…`, a SOAP `Fault`, `<success>false</success>`.',
    judge: (subject) => {
      const { text, start } = subject;
      const head = text.slice(start, start + 3_000);
      if (!head.startsWith('<')) return undefined;
      const match = SERVICE_ERROR.exec(head) ?? FALSE_SUCCESS.exec(head) ?? SOAP_FAULT.exec(head);
      return match === null
        ? undefined
        : { ...certain(subject, start, match[0].length), certainty: 'likely' };
    },
  },
];

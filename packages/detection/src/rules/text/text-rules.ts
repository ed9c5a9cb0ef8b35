import type { Rule } from '../../rule.ts';
import type { TextSubject } from '../../text/text-subject.ts';
import { markupRules } from '../markup.ts';
import { failureWordRules } from './failure-words.ts';
import { httpTextRules } from './http-text.ts';
import { noContentRules } from './no-content.ts';
import { notAppliedRules } from './not-applied.ts';
import { programOutputRules } from './program-output.ts';
import { refusedRules } from './refused.ts';
import { shortAnswerRules } from './short-answer.ts';
import { tracebackRules } from './traceback.ts';
import { writtenFieldRules } from './written-fields.ts';

/**
 * The rules about the text of a result, in order of precedence: envelopes written as text, then stacks, then what was
 * refused or not applied, then words for failure, then that there is nothing, then phrases of short answers, then what
 * programs print at their end.
 */
export const textRules: readonly Rule<TextSubject>[] = [
  ...markupRules,
  ...writtenFieldRules,
  ...tracebackRules,
  ...refusedRules,
  ...notAppliedRules,
  ...failureWordRules,
  ...httpTextRules,
  ...noContentRules,
  ...shortAnswerRules,
  ...programOutputRules,
];

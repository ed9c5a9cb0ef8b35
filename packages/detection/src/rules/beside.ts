import { classOfExitCode, classOfHttpStatus, classOfMessage } from '../classify.ts';
import { messageOf } from '../message.ts';
import type { Rule, RuleHit } from '../rule.ts';
import type { ToolCallFacts } from '../tool-call.ts';
import { meaningOfStatus } from './status-words.ts';

function hitOfStatus(facts: ToolCallFacts): RuleHit | undefined {
  const meaning = facts.status === undefined ? undefined : meaningOfStatus(facts.status);
  switch (meaning) {
    case 'failed':
      return {
        outcome: 'failed',
        certainty: 'certain',
        channel: 'framework',
        class: classOfMessage(messageOf(facts.result)),
      };
    case 'timeout':
      return { outcome: 'failed', certainty: 'certain', channel: 'timeout', class: 'timeout' };
    case 'cancelled':
    case 'denied':
      return { outcome: meaning, certainty: 'certain', channel: 'framework' };
    case 'ok':
    case undefined:
      return undefined;
  }
}

/** Rules about what stands beside the result and says that the call failed, in the order in which they are asked. */
export const besideRules: readonly Rule<ToolCallFacts>[] = [
  {
    id: 'beside.status',
    family: 'beside',
    looksAt: 'the status beside the result',
    description:
      'A word for failed, timed out, cancelled or denied. A word for success proves nothing: most statuses are ' +
      'set to it where nothing was thrown.',
    judge: hitOfStatus,
  },
  {
    id: 'beside.exit_code',
    family: 'beside',
    looksAt: 'the exit code beside the result',
    description: 'Other than 0.',
    judge: ({ exitCode, result }) =>
      exitCode === undefined || !Number.isInteger(exitCode) || exitCode === 0
        ? undefined
        : {
            outcome: 'failed',
            certainty: 'certain',
            channel: 'exit_code',
            class: classOfExitCode(exitCode, messageOf(result)),
          },
  },
  {
    id: 'beside.http_status',
    family: 'beside',
    looksAt: 'the HTTP status beside the result',
    description: '400 or more.',
    judge: ({ httpStatus }) =>
      httpStatus === undefined || !(httpStatus >= 400)
        ? undefined
        : {
            outcome: 'failed',
            certainty: 'certain',
            channel: 'http_status',
            class: classOfHttpStatus(httpStatus),
          },
  },
];

/** Rules about what stands beside the result and says that the call went well; asked after those on the result. */
export const besideOkRules: readonly Rule<ToolCallFacts>[] = [
  {
    id: 'beside.exit_zero',
    family: 'beside',
    looksAt: 'the exit code beside the result',
    description: '0, and nothing in the structure of the result says otherwise.',
    judge: ({ exitCode }) =>
      exitCode === 0 ? { outcome: 'ok', certainty: 'certain', channel: 'exit_code' } : undefined,
  },
  {
    id: 'beside.http_ok',
    family: 'beside',
    looksAt: 'the HTTP status beside the result',
    description: '200 to 299, and nothing in the structure of the result says otherwise.',
    judge: ({ httpStatus }) =>
      httpStatus !== undefined && httpStatus >= 200 && httpStatus <= 299
        ? { outcome: 'ok', certainty: 'certain', channel: 'http_status' }
        : undefined,
  },
];

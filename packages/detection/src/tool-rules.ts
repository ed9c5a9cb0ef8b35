import type { RuleInfo } from './rule.ts';
import { besideOkRules, besideRules } from './rules/beside.ts';
import { contentRules } from './rules/content.ts';
import { apiErrorRules } from './rules/api-error.ts';
import { batchRules } from './rules/batch.ts';
import { envelopeRules, successFalseRule } from './rules/envelope.ts';
import { exitCodeRules, exitZeroRule } from './rules/exit-code.ts';
import { httpStatusRules } from './rules/http-status.ts';
import { protocolRules } from './rules/protocol.ts';
import { profileEmptyRule, profileRules } from './rules/profile.ts';
import { textRules } from './rules/text/text-rules.ts';
import { thrownRules } from './rules/thrown.ts';
import { timeoutRules } from './rules/timeout.ts';

/**
 * The rules about the structure of a result, in order of precedence. What denies outright comes first, then what was
 * measured (time, exit code, HTTP status), then what the answer says of itself.
 */
export const structureRules = [
  ...protocolRules,
  ...timeoutRules,
  successFalseRule,
  ...exitCodeRules,
  ...httpStatusRules,
  ...envelopeRules,
  ...apiErrorRules,
  ...batchRules,
  exitZeroRule,
] as const;

/** Every rule about tool calls, in the order in which they are asked. For documentation: ids are stable. */
export const toolRules: readonly RuleInfo[] = [
  ...thrownRules,
  ...profileRules,
  ...besideRules,
  ...structureRules,
  ...besideOkRules,
  ...textRules,
  profileEmptyRule,
  ...contentRules,
].map(({ id, family, looksAt, description }) => ({ id, family, looksAt, description }));

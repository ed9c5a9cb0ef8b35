import type { RuleInfo } from './rule.ts';
import { besideOkRules, besideRules } from './rules/beside.ts';
import { contentRules } from './rules/content.ts';
import { envelopeRules, successFalseRule } from './rules/envelope.ts';
import { exitCodeRules, exitZeroRule } from './rules/exit-code.ts';
import { httpStatusRules } from './rules/http-status.ts';
import { protocolRules } from './rules/protocol.ts';
import { textRules } from './rules/text.ts';
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
  exitZeroRule,
] as const;

/** Every rule about tool calls, in the order in which they are asked. For documentation: ids are stable. */
export const toolRules: readonly RuleInfo[] = [
  ...thrownRules,
  ...besideRules,
  ...structureRules,
  ...besideOkRules,
  ...textRules,
  ...contentRules,
].map(({ id, family, looksAt, description }) => ({ id, family, looksAt, description }));

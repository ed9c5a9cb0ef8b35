import { Attr, Core, GenAi } from '@aftertrace/schema/names';
import { RE2JS } from 're2js';

/** Names of earlier conventions and of frameworks, which are read where there are no newer ones. */
const OLDER: readonly string[] = [
  'gen_ai.system',
  'gen_ai.prompt',
  'gen_ai.completion',
  'gen_ai.output',
  'gen_ai.thread.id',
  'gen_ai.tool.args',
  'gen_ai.usage.prompt_tokens',
  'gen_ai.usage.completion_tokens',
];

/** Of metrics alone, which go past the companion. */
const OF_METRICS: ReadonlySet<string> = new Set([GenAi.TOKEN_TYPE]);

/** Names that the companion reads, but for those of other projects, such as OpenInference's. */
const NAMES: ReadonlySet<string> = new Set(
  [...OLDER, ...Object.values(Attr), ...Object.values(GenAi), ...Object.values(Core)].filter(
    (name) => !OF_METRICS.has(name),
  ),
);

/** Those of them that are read of a resource; the rest stands on spans and events. */
export const NAMES_OF_RESOURCES: ReadonlySet<string> = new Set([
  Core.SERVICE_NAME,
  Core.SERVICE_VERSION,
  Core.SERVICE_INSTANCE_ID,
]);

/** Without them a run is still one: it says less, and outcomes that only a result tells are not seen. */
const CONTENT: ReadonlySet<string> = new Set([
  ...OLDER,
  Core.USER_ID,
  Core.EXCEPTION_MESSAGE,
  Core.SERVICE_INSTANCE_ID,
  GenAi.AGENT_DESCRIPTION,
  GenAi.TOOL_DESCRIPTION,
  GenAi.TOOL_DEFINITIONS,
  GenAi.TOOL_CALL_ARGUMENTS,
  GenAi.TOOL_CALL_RESULT,
  GenAi.SYSTEM_INSTRUCTIONS,
  GenAi.INPUT_MESSAGES,
  GenAi.OUTPUT_MESSAGES,
  GenAi.USAGE_INPUT_TOKENS,
  GenAi.USAGE_OUTPUT_TOKENS,
  GenAi.USAGE_CACHE_READ_INPUT_TOKENS,
  GenAi.USAGE_REASONING_OUTPUT_TOKENS,
  Attr.TOOL_FAILURE_EVIDENCE,
  Attr.DECISION_REASON,
  Attr.OVERRIDE_REASON,
  Attr.RUN_OUTCOME_REASON,
]);

/** What applications and pipelines may say in the place of a framework. */
const SETTABLE: ReadonlySet<string> = new Set([
  GenAi.AGENT_NAME,
  GenAi.CONVERSATION_ID,
  GenAi.PROVIDER_NAME,
  Attr.AGENT_VERSION,
  Attr.PROMPT_DIGEST,
  Attr.TOOLS_DIGEST,
  Attr.MEMORY_VERSION,
  Attr.TENANT,
  Core.USER_ID,
  Core.SERVICE_NAME,
  Core.SERVICE_VERSION,
  Core.SERVICE_INSTANCE_ID,
]);

/** Values that stand in our attributes, of each form one. */
const VALUES: readonly string[] = [
  'failed',
  'denied',
  'failure',
  'block',
  'escalate',
  'certain',
  'permission_denied',
  'execute_tool',
  'invoke_agent',
  'json.success_false',
  'override',
  'human',
  // An id of ours, and a digest.
  '01890a5d-ac96-774b-bcce-b302099a8057',
  'sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
];

/** How much is lost with a name: the run is not seen as it was, or says less. */
export type Loss = 'error' | 'warning';

/** What the loss of one name costs; `undefined`: it is none of ours. */
export function lossOf(name: string): Loss | undefined {
  if (NAMES.has(name)) return CONTENT.has(name) ? 'warning' : 'error';
  // What others of these say is not known here.
  if (name.startsWith('gen_ai.')) return 'warning';
  return name.startsWith('aftertrace.') ? 'error' : undefined;
}

/** What the loss of all names that an expression finds costs. */
export function lossOfMatching(pattern: RE2JS): Loss | undefined {
  return lossOfThose((name) => pattern.test(name));
}

/** What the loss of some names costs, of those that may stand there. Default: all. */
export function lossOfThose(isLost: (name: string) => boolean, names = NAMES): Loss | undefined {
  const lost = [...names].filter(isLost);
  if (lost.some((name) => lossOf(name) === 'error')) return 'error';
  return lost.length > 0 ? 'warning' : undefined;
}

/** Whether it may be set to something else on the way. */
export function isSettable(name: string): boolean {
  return SETTABLE.has(name);
}

/** Whether an expression finds something in values that are not content. */
export function matchesOurValues(pattern: RE2JS): boolean {
  return VALUES.some((value) => pattern.test(value));
}

/** An expression as the Collector reads it, which takes linear time; `undefined`: it is none. */
export function compile(pattern: string): RE2JS | undefined {
  try {
    return RE2JS.compile(pattern);
  } catch {
    return undefined;
  }
}

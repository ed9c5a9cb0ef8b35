/**
 * Every name that leaves a process, in one table and free of any library, so that an agent starts without zod.
 *
 * GenAI names are OpenTelemetry's own and still in development. They follow
 * `open-telemetry/semantic-conventions-genai` at commit `fe5608e` (2026-08-03); spellings that were renamed since
 * are read, not written. Ours have the root `aftertrace.` and never stand under `gen_ai.`, `mcp.` or `agent.`.
 */

/** The instrumentation scope under which Aftertrace emits spans, events and metrics. */
export const SCOPE_NAME = '@aftertrace/instrumentation';

/** The scope of what a companion sends itself. It takes nothing in that has this scope: its own must not come back. */
export const COMPANION_SCOPE_NAME = '@aftertrace/exporter';

/** OpenTelemetry GenAI attributes that Aftertrace writes or reads. */
export const GenAi = {
  OPERATION_NAME: 'gen_ai.operation.name',
  PROVIDER_NAME: 'gen_ai.provider.name',
  AGENT_NAME: 'gen_ai.agent.name',
  AGENT_DESCRIPTION: 'gen_ai.agent.description',
  CONVERSATION_ID: 'gen_ai.conversation.id',
  REQUEST_MODEL: 'gen_ai.request.model',
  RESPONSE_MODEL: 'gen_ai.response.model',
  RESPONSE_ID: 'gen_ai.response.id',
  RESPONSE_FINISH_REASONS: 'gen_ai.response.finish_reasons',
  USAGE_INPUT_TOKENS: 'gen_ai.usage.input_tokens',
  USAGE_OUTPUT_TOKENS: 'gen_ai.usage.output_tokens',
  USAGE_CACHE_READ_INPUT_TOKENS: 'gen_ai.usage.cache_read.input_tokens',
  USAGE_REASONING_OUTPUT_TOKENS: 'gen_ai.usage.reasoning.output_tokens',
  SYSTEM_INSTRUCTIONS: 'gen_ai.system_instructions',
  INPUT_MESSAGES: 'gen_ai.input.messages',
  OUTPUT_MESSAGES: 'gen_ai.output.messages',
  TOOL_NAME: 'gen_ai.tool.name',
  TOOL_TYPE: 'gen_ai.tool.type',
  TOOL_DESCRIPTION: 'gen_ai.tool.description',
  TOOL_DEFINITIONS: 'gen_ai.tool.definitions',
  TOOL_CALL_ID: 'gen_ai.tool.call.id',
  TOOL_CALL_ARGUMENTS: 'gen_ai.tool.call.arguments',
  TOOL_CALL_RESULT: 'gen_ai.tool.call.result',
  EVALUATION_NAME: 'gen_ai.evaluation.name',
  EVALUATION_SCORE_LABEL: 'gen_ai.evaluation.score.label',
  TOKEN_TYPE: 'gen_ai.token.type',
} as const;

/** Metrics of the GenAI conventions that are recorded in the agent. */
export const MetricName = {
  EXECUTE_TOOL_DURATION: 'gen_ai.execute_tool.duration',
  INVOKE_AGENT_DURATION: 'gen_ai.invoke_agent.duration',
  /** Calls of models in one invocation of an agent; what its sub-agents make counts on theirs. */
  INVOKE_AGENT_INFERENCE_CALLS: 'gen_ai.invoke_agent.inference_calls',
  /** Tool calls that one invocation of an agent made in its process, failed ones too. */
  INVOKE_AGENT_TOOL_CALLS: 'gen_ai.invoke_agent.tool_calls',
  CLIENT_OPERATION_DURATION: 'gen_ai.client.operation.duration',
  /** With `gen_ai.token.type`. Left by the latest drafts of the conventions; what dashboards read. */
  CLIENT_TOKEN_USAGE: 'gen_ai.client.token.usage',
} as const;

/** Values of `gen_ai.operation.name`. */
export const Operation = {
  CHAT: 'chat',
  GENERATE_CONTENT: 'generate_content',
  TEXT_COMPLETION: 'text_completion',
  INVOKE_AGENT: 'invoke_agent',
  CREATE_AGENT: 'create_agent',
  INVOKE_WORKFLOW: 'invoke_workflow',
  EXECUTE_TOOL: 'execute_tool',
} as const;

/** OpenTelemetry's attributes of the Model Context Protocol that Aftertrace writes. */
export const Mcp = {
  METHOD_NAME: 'mcp.method.name',
  SESSION_ID: 'mcp.session.id',
  PROTOCOL_VERSION: 'mcp.protocol.version',
} as const;

/** Attributes of the core conventions, named here so that the agent needs no further package. */
export const Core = {
  ERROR_TYPE: 'error.type',
  EXCEPTION_TYPE: 'exception.type',
  EXCEPTION_MESSAGE: 'exception.message',
  SERVICE_NAME: 'service.name',
  SERVICE_VERSION: 'service.version',
  SERVICE_INSTANCE_ID: 'service.instance.id',
  USER_ID: 'user.id',
} as const;

/** Attributes of Aftertrace. */
export const Attr = {
  RUN_ID: 'aftertrace.run.id',
  RUN_OUTCOME: 'aftertrace.run.outcome',
  RUN_OUTCOME_BASIS: 'aftertrace.run.outcome.basis',
  RUN_OUTCOME_REASON: 'aftertrace.run.outcome.reason',
  /**
   * A limit that the run had reached when it ended, at its source: `loop`, where it was going in circles. On the run's
   * span and `aftertrace.run.ended`; absent for a run that got out of its loops.
   */
  RUN_LIMIT: 'aftertrace.run.limit',
  /** Model calls of the run; on `aftertrace.run.ended`, so that an unsampled run still has its numbers. */
  RUN_STEPS: 'aftertrace.run.steps',
  /** Tool calls of the run, denied ones included. */
  RUN_TOOL_CALLS: 'aftertrace.run.tool_calls',
  /** Start of the run on `aftertrace.run.ended`, in milliseconds since the Unix epoch. */
  RUN_STARTED_AT: 'aftertrace.run.started_at',
  /** Whether the run's spans are recorded by the sampler of the agent. */
  RUN_SAMPLED: 'aftertrace.run.sampled',
  /** Characters of captured content that are not on the span because they were over the limit; absent where none are. */
  CONTENT_TRUNCATED: 'aftertrace.content.truncated',
  INSTANCE_ID: 'aftertrace.instance.id',
  AGENT_VERSION: 'aftertrace.agent.version',
  TENANT: 'aftertrace.tenant',
  PROMPT_DIGEST: 'aftertrace.prompt.digest',
  TOOLS_DIGEST: 'aftertrace.tools.digest',
  MEMORY_VERSION: 'aftertrace.memory.version',
  POLICY_REVISION: 'aftertrace.policy.revision',
  TOOL_OUTCOME: 'aftertrace.tool.outcome',
  TOOL_FAILURE_CERTAINTY: 'aftertrace.tool.failure.certainty',
  TOOL_FAILURE_CHANNEL: 'aftertrace.tool.failure.channel',
  TOOL_FAILURE_CLASS: 'aftertrace.tool.failure.class',
  TOOL_FAILURE_RULE: 'aftertrace.tool.failure.rule',
  TOOL_FAILURE_EVIDENCE: 'aftertrace.tool.failure.evidence',
  /**
   * This call made its run go in circles, and how: `identical_failures`, `identical_results`, `alternating`,
   * `no_progress`. On the call's span and its `aftertrace.tool.outcome` event, once a loop.
   */
  LOOP_KIND: 'aftertrace.loop.kind',
  /** Calls that belonged to the loop when it was seen, the first of them included. */
  LOOP_CALLS: 'aftertrace.loop.calls',
  DECISION_ID: 'aftertrace.decision.id',
  DECISION_VERDICT: 'aftertrace.decision.verdict',
  DECISION_ACTION: 'aftertrace.decision.action',
  DECISION_SOURCE: 'aftertrace.decision.source',
  DECISION_RULE: 'aftertrace.decision.rule',
  DECISION_RULES: 'aftertrace.decision.rules',
  DECISION_REASON: 'aftertrace.decision.reason',
  DECISION_CONTAINMENT_ID: 'aftertrace.decision.containment.id',
  DECISION_ACTION_DIGEST: 'aftertrace.decision.action_digest',
  /** `false`: evaluated and not executed. Absent while an escalated call waits. */
  DECISION_EXECUTED: 'aftertrace.decision.executed',
  DECISION_POLICY_NAME: 'aftertrace.decision.policy.name',
  DECISION_POLICY_REVISION: 'aftertrace.decision.policy.revision',
  /** State that the circuit of a breaker rule came to: `open` or `closed`. */
  CIRCUIT_STATE: 'aftertrace.circuit.state',
  CIRCUIT_RULE: 'aftertrace.circuit.rule',
  /** `shadow`: nothing is refused, it is only told. */
  CIRCUIT_MODE: 'aftertrace.circuit.mode',
  OVERRIDE_ID: 'aftertrace.override.id',
  OVERRIDE_KIND: 'aftertrace.override.kind',
  OVERRIDE_DECISION: 'aftertrace.override.decision',
  OVERRIDE_ACTOR_ID: 'aftertrace.override.actor.id',
  OVERRIDE_ACTOR_ASSURANCE: 'aftertrace.override.actor.assurance',
  OVERRIDE_REASON: 'aftertrace.override.reason',
  OVERRIDE_PRIOR_SOURCE: 'aftertrace.override.prior.source',
  OVERRIDE_PRIOR_DECISION: 'aftertrace.override.prior.decision',
  OVERRIDE_PRIOR_RULE: 'aftertrace.override.prior.rule',
  OVERRIDE_OUTCOME: 'aftertrace.override.outcome',
  CONTAINMENT_ID: 'aftertrace.containment.id',
  /** Who judged an outcome, where it was not the agent's own guard: `companion`. */
  JUDGED_BY: 'aftertrace.judged_by',
  /** The line that a companion writes for the run. */
  TRAJECTORY_ID: 'aftertrace.trajectory.id',
  CONTAINMENT_KIND: 'aftertrace.containment.kind',
  /** Entries that a checkpoint of the audit log states. */
  AUDIT_ENTRIES: 'aftertrace.audit.entries',
  /** A checkpoint of the audit log as it was signed: RFC 8785 JSON. */
  AUDIT_CHECKPOINT: 'aftertrace.audit.checkpoint',
} as const;

/** Log events of Aftertrace (`eventName` of the log record). They leave whether or not the span is sampled. */
export const EventName = {
  RUN_STARTED: 'aftertrace.run.started',
  RUN_ENDED: 'aftertrace.run.ended',
  /** For every outcome other than ok, and for the call that made its run go in circles, whatever its outcome. */
  TOOL_OUTCOME: 'aftertrace.tool.outcome',
  TOOL_DECISION: 'aftertrace.tool.decision',
  OVERRIDE: 'aftertrace.override',
  /** The circuit of a breaker rule opened or closed; opening is a finding. */
  CIRCUIT: 'aftertrace.circuit',
  /** From the companion: how far its audit log goes, signed. */
  AUDIT_CHECKPOINT: 'aftertrace.audit.checkpoint',
  EVALUATION_RESULT: 'gen_ai.evaluation.result',
} as const;

/** Environment variables that Aftertrace reads. */
export const Env = {
  /** Address of the companion's console and control plane, for example `http://127.0.0.1:4320`. */
  COMPANION: 'AFTERTRACE_COMPANION',
  /** Bearer token for the companion. */
  TOKEN: 'AFTERTRACE_TOKEN',
  /** PEM file of the certificate authority that the companion's certificate is checked against, in the place of the well-known ones. */
  CA_FILE: 'AFTERTRACE_CA_FILE',
  /** PEM file of the certificate that this process shows to a companion which asks for one (mutual TLS). */
  CLIENT_CERT_FILE: 'AFTERTRACE_CLIENT_CERT_FILE',
  /** PEM file of the private key of that certificate. */
  CLIENT_KEY_FILE: 'AFTERTRACE_CLIENT_KEY_FILE',
  /** Address that takes OTLP/HTTP, used when no `OTEL_EXPORTER_OTLP_*` endpoint is set, for example `http://127.0.0.1:4319`. */
  OTLP: 'AFTERTRACE_OTLP',
  /** Name of the agents of this process that no framework and no `withAgent` names; default `OTEL_SERVICE_NAME`. */
  AGENT: 'AFTERTRACE_AGENT',
  /** File to which each process appends one JSON line for every known framework that it loaded, attached or not. */
  ATTACHMENTS: 'AFTERTRACE_ATTACHMENTS',
  /** Path of a policy bundle, a file or a directory of files, used where there is no companion. */
  POLICY_FILE: 'AFTERTRACE_POLICY',
  /** Path of a file with the public keys that a policy must be signed with, PEM; with it, unsigned and older ones are refused. */
  POLICY_KEYS: 'AFTERTRACE_POLICY_KEYS',
  /** With keys: no policy of a lower revision is taken, also by a process that remembers none. */
  POLICY_MIN_REVISION: 'AFTERTRACE_POLICY_MIN_REVISION',
  /** Directory of the companion's data. */
  DATA: 'AFTERTRACE_DATA',
  /** What holds in a process that starts while its companion is away: `keep-last` (default), `open` or `closed`. */
  ON_START: 'AFTERTRACE_ON_START',
  /**
   * Directory in which an agent keeps evidence that its companion does not have yet, so that it survives a crash of the
   * agent; `off` for none. Default: beside the file of {@link companionFilePath}.
   */
  SPOOL: 'AFTERTRACE_SPOOL',
  /**
   * What holds in a process that has lost its companion: `keep-last` (default), or `closed:<seconds>`, after which every
   * guarded call is refused until the companion is back.
   */
  ON_DISCONNECT: 'AFTERTRACE_ON_DISCONNECT',
  /**
   * What an approval by a framework's own flow must say: `record` (default) takes it as it is; `named` refuses the call
   * where the application does not say who approved it and why.
   */
  APPROVALS: 'AFTERTRACE_APPROVALS',
  /** OpenTelemetry's switch for message content. Accepted spellings: see `parseContentCapture` in instrumentation. */
  CAPTURE_CONTENT: 'OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT',
} as const;

/** Default ports. The Collector keeps 4317 and 4318. */
export const Port = {
  OTLP: 4319,
  CONSOLE: 4320,
} as const;

/** Paths of the control protocol, version 1. */
export const ControlPath = {
  STREAM: '/control/v1/stream',
  STATE: '/control/v1/state',
  ACKS: '/control/v1/acks',
  EVIDENCE: '/control/v1/evidence',
  APPROVALS: '/control/v1/approvals',
  QUARANTINE: '/control/v1/quarantine',
  ROLLBACKS: '/control/v1/rollbacks',
  CONTAINMENTS: '/control/v1/containments',
  PLANS: '/control/v1/plans',
  POLICY: '/control/v1/policy',
  POLICY_REVISIONS: '/control/v1/policy/revisions',
  POLICY_PROPOSALS: '/control/v1/policy/proposals',
  INSTANCES: '/control/v1/instances',
  TOKENS: '/control/v1/tokens',
} as const;

/**
 * Where a running `aftertrace serve` leaves its address and token for its own user (mode 0600).
 * `XDG_STATE_HOME` is honoured; the default is `~/.local/state/aftertrace/companion.json`.
 */
export function companionFilePath(
  env: Readonly<Record<string, string | undefined>>,
  home: string,
): string {
  const state = env['XDG_STATE_HOME'];
  const base = state !== undefined && state.startsWith('/') ? state : `${home}/.local/state`;
  return `${base}/aftertrace/companion.json`;
}

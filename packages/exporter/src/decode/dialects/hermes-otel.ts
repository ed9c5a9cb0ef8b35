import { GenAi } from '@aftertrace/schema';

import { isoTime } from '../../assemble/iso-time.ts';
import type { TelemetrySpan } from '../telemetry.ts';
import { stringOf, valueOf } from './attribute-readers.ts';
import type { Dialect } from './dialect.ts';
import { hermesTool, readApproval } from './hermes-call.ts';
import type { LogView } from './log-view.ts';
import { operationRole, otelGenAi, otelModel } from './otel-genai.ts';
import { readMessages } from './read-messages.ts';
import type { SpanRole } from './span-view.ts';

/** Of its tracer, and of its events since they have one of their own. */
const SCOPE = /^hermes[-_]otel/;

/** A delegation frames the run of the agent that it starts; `llm.<model>` frames a turn's requests, `api.<model>`. */
function roleOf({ attributes }: TelemetrySpan): SpanRole {
  const role = operationRole(attributes) ?? (attributes.has(GenAi.TOOL_NAME) ? 'tool' : 'other');
  if (role === 'agent' && attributes.has('hermes.subagent.child_session_id')) return 'other';
  return role === 'model' && !attributes.has('llm.request.message_count') ? 'other' : role;
}

/**
 * hermes-agent by the plugin `briancaffey/hermes-otel` (hermes itself sends no traces): three conventions at once,
 * with OpenTelemetry's names the most complete; content is on the agent's span and, where asked for, on each request.
 * Approvals have spans, which are notes about their tool call. Read, not run: its hooks at `3d4db12` and `2e19f8b`.
 */
export const hermesOtel: Dialect = {
  ...otelGenAi,
  id: 'hermes-otel',
  speaks: ({ scopeName }) => SCOPE.test(scopeName),
  roleOf,
  agentVersion: (span) =>
    otelGenAi.agentVersion(span) ?? stringOf(span.attributes, 'weave.agent.version'),
  conversationId: (span) =>
    otelGenAi.conversationId(span) ?? stringOf(span.attributes, 'session.id'),
  model: {
    ...otelModel,
    input: (told) => {
      const messages = otelModel.input(told);
      return messages.length > 0
        ? messages
        : readMessages(valueOf(told.attributes, 'input.value'), 'user');
    },
    output: (told) => {
      const messages = otelModel.output(told);
      return messages.length > 0
        ? messages
        : readMessages(valueOf(told.attributes, 'output.value'), 'assistant');
    },
  },
  tool: hermesTool,
  note: noteOf,
};

function noteOf(span: TelemetrySpan): LogView | undefined {
  const records = readApproval(span.attributes, {
    at: isoTime(span.endTimeUnixNano),
    traceId: span.traceId,
    spanId: span.spanId,
  });
  return (
    records && {
      role: 'decision',
      dialect: hermesOtel.id,
      runKey: undefined,
      conversationId: hermesOtel.conversationId(span),
      userId: hermesOtel.userId(span),
      agentName: hermesOtel.agentName(span),
      agentVersion: hermesOtel.agentVersion(span),
      callId: hermesTool.callId(span),
      ...records,
    }
  );
}

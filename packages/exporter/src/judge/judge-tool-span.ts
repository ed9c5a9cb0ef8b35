import { createJudge, type ToolCallFacts, type ToolProfile } from '@aftertrace/detection';
import { Core, type ToolOutcome } from '@aftertrace/schema';

import { readToolOutcome } from '../decode/dialects/aftertrace-attributes.ts';
import { isRecord, stringOf, structured } from '../decode/dialects/attribute-readers.ts';
import type { CallFacts, ToolView } from '../decode/dialects/span-view.ts';
import type { TelemetrySpan } from '../decode/telemetry.ts';

/** The judgement of calls of which telemetry tells, with the profiles that the companion knows. */
export interface ToolJudge {
  /**
   * What became of the tool call that a span stands for: what the agent's guard said where it says it, since it saw the
   * result; else `@aftertrace/detection` on what the span tells. What notes of others say of the call (`noted`) goes
   * before the span's own status.
   */
  readonly ofSpan: (span: TelemetrySpan, tool: ToolView, noted?: CallFacts) => ToolOutcome;
  /** What became of a call as notes about it tell; default: what `tool` says itself. */
  readonly ofCall: (tool: ToolView, facts?: CallFacts) => ToolOutcome;
  /** The outcome of a call that only a message history tells of: the result, and nothing beside it. */
  readonly ofRepeated: (tool: string, args: unknown, content: unknown) => ToolOutcome;
}

/** @param profiles asked before those that are shipped */
export function createToolJudge(profiles: readonly ToolProfile[] = []): ToolJudge {
  const judge = createJudge({ profiles });
  return {
    ofSpan: (span, tool, noted) => {
      const stated = readToolOutcome(span.attributes);
      if (stated !== undefined) return stated;
      const own = tool.facts;
      const facts = noted === undefined ? own : { ...own, ...noted };
      if (facts?.refused !== undefined) return refused(facts.refused);
      const known = toolFactsOf(tool);
      addSpanFacts(known, span);
      return judge(facts === undefined ? known : { ...known, ...judgeable(facts) });
    },
    ofCall: (tool, facts = tool.facts) => {
      if (facts?.refused !== undefined) return refused(facts.refused);
      return judge({ ...toolFactsOf(tool), ...judgeable(facts ?? {}) });
    },
    ofRepeated: (tool, args, content) =>
      judge({ tool, arguments: args, result: structured(content), returned: true }),
  };
}

/** With no other profiles than those that are shipped. */
export const shippedToolJudge: ToolJudge = createToolJudge();

/** The outcome of a call that never ran or was stopped, by the word of the agent's framework. */
function refused(outcome: 'denied' | 'cancelled'): ToolOutcome {
  return { outcome, certainty: 'certain', channel: 'framework', rule: 'framework.refused' };
}

/** Facts as they are gathered: what is not known must not be there. */
type Gathered = { -readonly [Fact in keyof ToolCallFacts]: ToolCallFacts[Fact] };

function toolFactsOf(tool: ToolView): Gathered {
  const { name, arguments: args, result, exitCode } = tool;
  const facts: Gathered = { tool: name };
  if (args !== undefined) facts.arguments = args;
  if (result !== undefined) {
    facts.result = unwrap(structured(result));
    facts.returned = true;
  }
  if (exitCode !== undefined) facts.exitCode = exitCode;
  return facts;
}

function addSpanFacts(facts: Gathered, span: TelemetrySpan): void {
  const { code } = span.status;
  if (code === 0) return;
  facts.status = code === 2 ? 'ERROR' : 'OK';
  if (code === 2) facts.error = errorOf(span);
  else facts.returned = true;
}

function judgeable({ status, error, returned }: CallFacts): Partial<ToolCallFacts> {
  return {
    ...(status === undefined ? {} : { status }),
    ...(error === undefined ? {} : { error }),
    ...(returned === undefined ? {} : { returned }),
  };
}

/** LangChain's instrumentation wraps every result as `{"output": …}`; what failed stands inside. */
function unwrap(result: unknown): unknown {
  if (!isRecord(result)) return result;
  const keys = Object.keys(result);
  return keys.length === 1 && keys[0] === 'output' && isRecord(result['output'])
    ? result['output']
    : result;
}

function errorOf(span: TelemetrySpan): unknown {
  const exception = span.events.find((event) => event.name === 'exception');
  const name =
    (exception && stringOf(exception.attributes, Core.EXCEPTION_TYPE)) ??
    stringOf(span.attributes, Core.ERROR_TYPE);
  const message =
    (exception && stringOf(exception.attributes, Core.EXCEPTION_MESSAGE)) ?? span.status.message;
  return { name: name ?? 'Error', message };
}

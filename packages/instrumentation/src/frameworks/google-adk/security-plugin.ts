import * as api from '@opentelemetry/api';

import type { PolicyDecision } from '@aftertrace/policy';

import { AftertraceError } from '../../errors.ts';
import { clearance } from '../../guard/clearance.ts';
import type { ToolCall } from '../../guard/tool-call.ts';
import type { Runtime } from '../../runtime.ts';
import { strayScope } from '../../spans/stray-scope.ts';
import type { AnyFunction } from '../framework.ts';
import { answerOf, keepAnswer } from './confirmations.ts';
import { fieldsOf, textOf, type Tool, type ToolContext } from './types.ts';

interface BeforeTool {
  readonly tool: Tool;
  readonly toolArgs?: unknown;
  readonly toolContext: ToolContext;
}

type Before = (this: unknown, about: BeforeTool, ...rest: unknown[]) => Promise<unknown>;

/**
 * Wraps `SecurityPlugin.prototype.beforeToolCallback`. What it denies never reaches a tool, and ADK tells nobody: it is recorded
 * as a decision of the framework. What a person rejects or approves there is an override.
 */
export function wrapSecurity(runtime: Runtime, original: AnyFunction): AnyFunction {
  const before = original as Before;
  return async function beforeToolCallback(this: unknown, about: BeforeTool, ...rest: unknown[]) {
    const { diagnostics } = runtime;
    const answer = diagnostics.protect('adk.answer', () => answerOf(about.toolContext), undefined);
    const result = await before.call(this, about, ...rest);
    const { error } = fieldsOf(result);
    diagnostics.protect(
      'adk.security',
      () => {
        const call = callOf(runtime, about);
        if (answer?.approved === true && result === undefined) {
          keepAnswer(about.toolContext, call, answer);
        } else if (answer?.approved === false && error !== undefined) {
          runtime.guard.recordRejected(call, answer);
        } else if (answer === undefined && error !== undefined) {
          recordDenied(runtime, call, textOf(error));
        }
      },
      undefined,
    );
    return result;
  };
}

function callOf(runtime: Runtime, { tool, toolArgs, toolContext }: BeforeTool): ToolCall {
  return {
    tool: textOf(tool.name) ?? 'unknown',
    toolCallId: textOf(toolContext.functionCallId),
    description: textOf(tool.description),
    arguments: toolArgs,
    scope: runtime.scopes.getStore() ?? strayScope(runtime),
    context: api.context.active(),
  };
}

function recordDenied(runtime: Runtime, call: ToolCall, reason: string | undefined): void {
  const decision: PolicyDecision = {
    verdict: 'block',
    action: 'block',
    source: 'framework',
    rules: [],
    reason: reason ?? `${call.tool} is denied by the application's SecurityPlugin`,
    resultRedactions: [],
  };
  const error = new AftertraceError('call_refused', decision.reason ?? '');
  const refusal = { error, outcome: 'denied', rule: 'guard.framework' } as const;
  try {
    runtime.guard.run(clearance(call, { decision, refusal }), { execute: () => undefined });
  } catch (refused) {
    if (refused !== error) throw refused;
  }
}

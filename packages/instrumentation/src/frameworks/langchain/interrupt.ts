import { AsyncLocalStorage } from 'node:async_hooks';

import * as api from '@opentelemetry/api';

import type { FrameworkAnswer } from '../../guard/tool-call.ts';
import type { Runtime } from '../../runtime.ts';
import type { Scope } from '../../spans/scope.ts';
import type { AnyFunction } from '../framework.ts';
import { approverIn, keepAnswer, takeAnswer } from './answers.ts';
import { callsIn } from './messages.ts';
import {
  fieldsOf,
  textOf,
  type ModelToolCall,
  type ReviewDecision,
  type ReviewRequest,
} from './types.ts';

/** A question that went through `interrupt()` and what came back. */
interface Answered {
  readonly asked: unknown;
  readonly given: unknown;
}

/** What a middleware asks while its hook runs. */
const asking = new AsyncLocalStorage<Answered[]>();

/** Wraps `interrupt` of LangGraph: it returns only where a person has answered. */
export function wrapInterrupt(_runtime: Runtime, original: AnyFunction): AnyFunction {
  const ask = original as (this: unknown, ...args: unknown[]) => unknown;
  return function interrupt(this: unknown, ...args: unknown[]) {
    const given = ask.apply(this, args);
    asking.getStore()?.push({ asked: args[0], given });
    return given;
  };
}

type Hook = (this: unknown, state: unknown, runtime: unknown, ...rest: unknown[]) => unknown;

/** Wraps `humanInTheLoopMiddleware`: what people answer about the calls of a model becomes records of overrides. */
export function wrapMiddleware(runtime: Runtime, original: AnyFunction): AnyFunction {
  const create = original as (this: unknown, ...args: unknown[]) => unknown;
  return function humanInTheLoopMiddleware(this: unknown, ...args: unknown[]) {
    const middleware = create.apply(this, args);
    runtime.diagnostics.protect(
      'langchain.middleware',
      () => watch(runtime, middleware),
      undefined,
    );
    return middleware;
  };
}

function watch(runtime: Runtime, middleware: unknown): void {
  const after = fieldsOf(middleware)['afterModel'];
  const hook = typeof after === 'function' ? after : fieldsOf(after)['hook'];
  if (typeof hook !== 'function') return;
  const watched: Hook = async function afterModel(state, given, ...rest) {
    const answered: Answered[] = [];
    // Before: the hook writes into the message what people made of its calls.
    const calls = runtime.diagnostics.protect('langchain.calls', () => [...callsIn(state)], []);
    const result: unknown = await asking.run(answered, () =>
      (hook as Hook).call(this, state, given, ...rest),
    );
    runtime.diagnostics.protect(
      'langchain.review',
      () => recordAnswers(runtime, { calls, given, answered }),
      undefined,
    );
    return result;
  };
  if (typeof after === 'function') (middleware as { afterModel: unknown }).afterModel = watched;
  else (after as { hook: unknown }).hook = watched;
}

/** One pass of the middleware that came to its end. */
interface Review {
  /** What the model had asked for. */
  readonly calls: readonly ModelToolCall[];
  /** LangGraph's runtime: context and config. */
  readonly given: unknown;
  readonly answered: readonly Answered[];
}

function recordAnswers(runtime: Runtime, { calls, given, answered }: Review): void {
  const scope = runtime.scopes.getStore();
  if (scope === undefined) return;
  forgetOld(scope, calls);
  const { context, configurable } = fieldsOf(given);
  for (const { asked, given: reply } of answered) {
    const { actionRequests = [] } = fieldsOf(asked) as ReviewRequest;
    const decisions = fieldsOf(reply)['decisions'];
    if (!Array.isArray(decisions)) continue;
    const open = [...calls];
    const rejects = decisions.some((decision: unknown) => fieldsOf(decision)['type'] === 'reject');
    for (const [index, request] of actionRequests.entries()) {
      const at = open.findIndex(({ name, args }) => name === request.name && args === request.args);
      const call = open[at];
      if (call === undefined) continue;
      open.splice(at, 1);
      const places = [decisions[index], reply, context, configurable];
      recordAnswer(runtime, { call, decision: fieldsOf(decisions[index]), rejects, places });
    }
  }
}

/** These calls are new: an answer about one like them, which was then not made, is not about them. */
function forgetOld(scope: Scope, calls: readonly ModelToolCall[]): void {
  for (const { id, name, args } of calls) {
    const [toolCallId, tool] = [textOf(id), textOf(name)];
    if (toolCallId !== undefined && tool !== undefined) {
      takeAnswer(scope, { toolCallId, tool, arguments: args });
    }
  }
}

interface Answer {
  readonly call: ModelToolCall;
  readonly decision: ReviewDecision;
  /** One of the calls was rejected: then none of the others is made either, the model is asked again. */
  readonly rejects: boolean;
  /** Where it may stand who has answered. */
  readonly places: readonly unknown[];
}

function recordAnswer(runtime: Runtime, { call, decision, rejects, places }: Answer): void {
  const scope = runtime.scopes.getStore();
  const toolCallId = textOf(call.id);
  const tool = textOf(call.name);
  if (scope === undefined || toolCallId === undefined || tool === undefined) return;
  const answer: FrameworkAnswer = {
    framework: 'langchain',
    approvalId: toolCallId,
    approved: decision.type !== 'reject',
    reason: textOf(decision.message) ?? textOf(fieldsOf(decision)['reason']),
    actor: approverIn(...places),
    ...(decision.type === 'edit' ? { edited: { before: call.args } } : {}),
  };
  if (!answer.approved) {
    const context = api.context.active();
    runtime.guard.recordRejected(
      { tool, toolCallId, arguments: call.args, scope, context },
      answer,
    );
  } else if (!rejects) {
    const { name, args } = decision.type === 'edit' ? (decision.editedAction ?? call) : call;
    keepAnswer(scope, { toolCallId, tool: textOf(name) ?? tool, arguments: args }, answer);
  }
}

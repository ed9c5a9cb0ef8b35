import type { Diagnostics } from '../diagnostics.ts';
import type { ControlLink } from '../control/link.ts';
import type { Scope, ScopeStorage } from '../spans/scope.ts';
import { admitStep, startRun } from './admit-run.ts';
import type { ApprovalDemand } from '../override/approval-demand.ts';
import { clearCall } from './clear.ts';
import type { Clearance, Refusal } from './clearance.ts';
import type { Halt } from './halt.ts';
import type { FactStore } from './fact-store.ts';
import type { InFlightCalls } from './in-flight.ts';
import type { Settled } from './judge.ts';
import { offersTool } from './offers.ts';
import { runCleared, type Attempt } from './run.ts';
import { answerUnderWay, recordRejected, type AnswerUnderWay } from './framework-answer.ts';
import type { FrameworkAnswer, ToolCall } from './tool-call.ts';
import type { ToolRegistry } from './tool-registry.ts';
import { refuseUnread } from './unread-call.ts';
import { recordSeenCall, recordUnmadeCall } from './unmade-call.ts';

/** What the guard works with. */
export interface GuardOptions {
  readonly link: ControlLink;
  readonly inFlight: InFlightCalls;
  readonly scopes: ScopeStorage;
  readonly tools: ToolRegistry;
  readonly facts: FactStore;
  readonly instance: string;
  readonly captureContent: boolean;
  /** Milliseconds since the Unix epoch. */
  readonly now: () => number;
  /** A fresh unique text, for ids. */
  readonly randomId: () => string;
  readonly diagnostics: Diagnostics;
  /** Known frameworks that are loaded in this process and not attached to, as `openai 8.0.0`. */
  readonly unattached: () => readonly string[];
  /** What an approval in a framework's own flow must say. */
  readonly approvals: ApprovalDemand;
  /** Calls that were judged in a model's answer and that the application has not made yet. */
  readonly proposals?: ProposedCalls | undefined;
}

/** Calls that stand in the answers of models. */
export interface ProposedCalls {
  /** Is it one of them? Once each, and only while what was in force when it was judged still is. */
  claim(call: ToolCall): boolean;
}

/**
 * Decide, then run, then judge: every adapter puts each tool call through both halves. They are two so that a framework
 * which tells a tool's kind by what it returns (a value, a promise, an async iterable) sees what the tool returned,
 * and so that a person's time is not counted as the tool's.
 */
export interface Guard {
  /** Decides. A promise only while the first state or a person is awaited. Never rejects. */
  clear(call: ToolCall): Clearance | Promise<Clearance>;
  /**
   * Runs what was cleared, in the shape in which the tool returns, and records what became of it.
   * @throws AftertraceError `call_refused` or `call_stopped`; else what the tool throws, untouched.
   */
  run<T>(clearance: Clearance, attempt: Attempt<T>): T;
  /**
   * A call that its adapter could not read: may it pass unjudged?
   * @throws AftertraceError `call_refused` where anything in force might stop a call.
   */
  refuseUnread(place: Pick<ToolCall, 'scope' | 'context'>): void;
  /** Records a call that its framework answered with an error instead of making it. Never throws. */
  recordUnmade(call: ToolCall, error: unknown): void;
  /** Records a call that the provider of the model has run by itself: judged, and nothing decided. Never throws. */
  recordSeen(call: ToolCall, settled: Settled): void;
  /**
   * An agent's invocation begins; what it gives belongs into the scope, so that a kill stops all of it. `signal` is the
   * caller's own. Undefined where nobody governs this process.
   */
  startRun(scope: Scope, signal: AbortSignal | undefined): Halt | undefined;
  /**
   * Asked before each call of the model. A promise only while the first state is awaited.
   * @throws AftertraceError `run_stopped`, or rejects with it.
   */
  admitStep(scope: Scope): Promise<void> | undefined;
  /**
   * A person has answered in the framework's own flow, after the call was cleared: recorded, and told on the call's span when
   * it ends. Gives a refusal where the approval must not stand.
   */
  answer(cleared: Clearance, underWay: AnswerUnderWay): Refusal | undefined;
  /** Records a call that a person has rejected in the framework's own flow. Never throws. */
  recordRejected(call: ToolCall, answer: FrameworkAnswer): void;
  /** Whether a model may be told of this tool: a revoked one is left out of lists. Never throws. */
  offers(scope: Scope, tool: string): boolean;
  /** Both halves, for tools that answer with a value or a promise. */
  call<T>(call: ToolCall, attempt: Attempt<T>): Promise<Awaited<T>>;
}

/** The guard of one process. */
export function createGuard(options: GuardOptions): Guard {
  const run: Guard['run'] = (clearance, attempt) => runCleared(options, clearance, attempt);
  return {
    clear: (call) => clearCall(options, call),
    run,
    refuseUnread: (place) => refuseUnread(options, place),
    recordUnmade: (call, error) => recordUnmadeCall(options, call, error),
    recordSeen: (call, settled) => recordSeenCall(options, call, settled),
    startRun: (scope, signal) => startRun(options, scope, signal),
    admitStep: (scope) => admitStep(options, scope),
    answer: (cleared, underWay) => answerUnderWay(options, cleared, underWay),
    recordRejected: (call, answer) => recordRejected(options, call, answer),
    offers: (scope, tool) =>
      options.diagnostics.protect('guard.offers', () => offersTool(options, scope, tool), true),
    // oxlint-disable-next-line typescript/promise-function-async -- a call that is decided at once waits for nothing
    call: <T>(call: ToolCall, attempt: Attempt<T>): Promise<Awaited<T>> => {
      try {
        const cleared = clearCall(options, call);
        const settled =
          cleared instanceof Promise
            ? cleared.then((decided) => run(decided, attempt))
            : run(cleared, attempt);
        return (settled instanceof Promise ? settled : Promise.resolve(settled)) as Promise<
          Awaited<T>
        >;
      } catch (error) {
        // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- what a tool throws reaches its framework as it is
        return Promise.reject(error);
      }
    },
  };
}

import type { ApprovalAnswer, ApprovalRequest } from '@aftertrace/schema';

import type { HttpResult } from '../control/http-client.ts';
import type { ApprovalResult } from '../control/link.ts';
import type { Diagnostics } from '../diagnostics.ts';

/** The calls of this process that wait for a person. */
export interface ApprovalDesk {
  /** Asks and waits. Keeps the process alive meanwhile: somebody awaits this call. */
  ask(request: ApprovalRequest, signal: AbortSignal | undefined): Promise<ApprovalResult>;
  /** An answer came. One for another process, another action or no waiting call changes nothing. */
  answer(answer: ApprovalAnswer): void;
  readonly waiting: number;
}

/** What the desk works with. */
export interface ApprovalDeskOptions {
  readonly instance: string;
  /** Hands the request to the companion. Never rejects. */
  readonly send: (request: ApprovalRequest) => Promise<HttpResult>;
  readonly now: () => number;
  readonly diagnostics: Diagnostics;
  /** Waits between attempts to hand a request over. */
  readonly retryMillis: readonly number[];
}

interface WaitingCall {
  readonly request: ApprovalRequest;
  settle(result: ApprovalResult): void;
}

/** An answer is taken once, for the digest that was asked about, and not after its time. */
export function createApprovalDesk(options: ApprovalDeskOptions): ApprovalDesk {
  const { instance, now, diagnostics } = options;
  const waiting = new Map<string, WaitingCall>();
  return {
    get waiting() {
      return waiting.size;
    },
    ask: (request, signal) =>
      new Promise((resolve) => {
        const settle = (result: ApprovalResult): void => {
          if (!waiting.delete(request.id)) return;
          clearTimeout(deadline);
          signal?.removeEventListener('abort', giveUp);
          resolve(result);
        };
        const giveUp = (): void =>
          settle({ kind: 'unavailable', reason: 'the call was cancelled' });
        const millis = Math.max(0, Date.parse(request.expiresAt) - now());
        const deadline = setTimeout(() => settle({ kind: 'expired' }), millis);
        waiting.set(request.id, { request, settle });
        if (signal?.aborted === true) return giveUp();
        signal?.addEventListener('abort', giveUp, { once: true });
        void handOver(options, request, () => waiting.has(request.id)).then((problem) =>
          problem === undefined ? undefined : settle({ kind: 'unavailable', reason: problem }),
        );
      }),
    answer: (answer) => {
      if (answer.instance !== instance) return;
      const call = waiting.get(answer.approval);
      if (call === undefined) return;
      if (call.request.actionDigest !== answer.actionDigest) {
        diagnostics.count('control.answer_for_other_action');
        return;
      }
      const { override } = answer;
      const expiresAtMillis =
        override.expiresAt === undefined ? Number.NaN : Date.parse(override.expiresAt);
      if (expiresAtMillis < now()) call.settle({ kind: 'expired' });
      else call.settle({ kind: 'answered', override, arguments: answer.arguments });
    },
  };
}

/** Undefined when the companion has it; else why nobody could be asked. */
async function handOver(
  { send, retryMillis }: ApprovalDeskOptions,
  request: ApprovalRequest,
  isWanted: () => boolean,
): Promise<string | undefined> {
  let problem = 'the companion was not asked';
  for (const waitMillis of [0, ...retryMillis]) {
    if (waitMillis > 0) await new Promise((resolve) => setTimeout(resolve, waitMillis));
    if (!isWanted()) return undefined;
    const result = await send(request);
    if (result.kind === 'response' && result.status < 300) return undefined;
    if (result.kind === 'unreachable') {
      problem = `the companion cannot be reached (${result.reason})`;
      continue;
    }
    problem = `the companion refused the request (status ${result.status})`;
    // Taken at an earlier attempt whose answer was lost.
    if (result.status === 409) return undefined;
    // Too many requests is no answer to this one.
    if (result.status < 500 && result.status !== 429) return problem;
  }
  return problem;
}

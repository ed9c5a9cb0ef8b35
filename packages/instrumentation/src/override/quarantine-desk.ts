import type { Override, QuarantineRequest } from '@aftertrace/schema';

import type { HttpResult } from '../control/http-client.ts';
import { readQuarantineAnswer } from '../control/read-messages.ts';
import type { Diagnostics } from '../diagnostics.ts';

/** Where calls go that a quarantine has refused. */
export interface QuarantineDesk {
  /** The release of this retry, or undefined: it stays refused. Never rejects. */
  hold(request: QuarantineRequest): Promise<Override | undefined>;
}

/** What the desk works with. */
export interface QuarantineDeskOptions {
  /** Sends one request. Never rejects. */
  readonly send: (request: QuarantineRequest) => Promise<HttpResult>;
  readonly now: () => number;
  readonly diagnostics: Diagnostics;
  /** Waits between attempts to hand over a call that has been refused already. */
  readonly retryMillis: readonly number[];
}

/** Calls that wait to be handed over while the companion is away; beyond it they are counted and not kept. */
const MAX_LATE = 100;

/** A refusal waits for one answer only; what the companion could not take is handed over later, as a refused call. */
export function createQuarantineDesk(options: QuarantineDeskOptions): QuarantineDesk {
  const { send, now, diagnostics, retryMillis } = options;
  let late = 0;
  const handOverLate = async (request: QuarantineRequest): Promise<void> => {
    for (const waitMillis of retryMillis) {
      await new Promise((resolve) => setTimeout(resolve, waitMillis).unref());
      const result = await send({ ...request, late: true });
      // Too many requests is no answer to this one.
      if (result.kind === 'response' && result.status < 500 && result.status !== 429) return;
    }
    diagnostics.count('control.quarantine_lost');
  };
  return {
    hold: async (request) => {
      const result = await send(request);
      if (result.kind === 'response' && result.status < 300) {
        const answer = readQuarantineAnswer(result.body);
        if (typeof answer !== 'string') return usable(answer.released, request, now());
        diagnostics.count('control.nonsense');
        return undefined;
      }
      if (late >= MAX_LATE) diagnostics.count('control.quarantine_lost');
      else {
        late += 1;
        void handOverLate(request).finally(() => (late -= 1));
      }
      return undefined;
    },
  };
}

/** For this action, and in its time. */
function usable(
  override: Override | undefined,
  request: QuarantineRequest,
  nowMillis: number,
): Override | undefined {
  if (override === undefined || override.actionDigest !== request.actionDigest) return undefined;
  const expiresAtMillis =
    override.expiresAt === undefined ? Number.NaN : Date.parse(override.expiresAt);
  return expiresAtMillis < nowMillis ? undefined : override;
}

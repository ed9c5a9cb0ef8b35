import { setTimeout as delay } from 'node:timers/promises';

import type { RecordedRequest } from '@aftertrace/exporter';

import { CommandError, ExitCode } from '../exit-code.ts';

const ATTEMPTS = 5;
const FIRST_DELAY_MILLIS = 500;

/** Where a companion takes telemetry, and how one gets in. */
export interface OtlpReceiverAddress {
  readonly otlp: string;
  readonly token?: string | undefined;
  /** How it is asked. */
  readonly fetch: typeof fetch;
}

/**
 * Sends one request of OTLP/JSON, again where OTLP says so (429, 502, 503, 504, no answer).
 *
 * @throws CommandError where it was not taken in the end.
 */
export async function postOtlp(to: OtlpReceiverAddress, request: RecordedRequest): Promise<void> {
  const { otlp } = to;
  let problem = '';
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    if (attempt > 0) await delay(FIRST_DELAY_MILLIS * 2 ** (attempt - 1));
    const answer = await post(to, request);
    if (answer.kind === 'accepted') return;
    problem = answer.message;
    if (answer.kind === 'refused') throw new CommandError(`the companion refused: ${problem}`);
  }
  throw new CommandError(`the companion at ${otlp} did not take it: ${problem}`, {
    exitCode: ExitCode.UNREACHABLE,
  });
}

type Answer =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'refused' | 'later'; readonly message: string };

async function post(
  { otlp, token, fetch: send }: OtlpReceiverAddress,
  { signal, body }: RecordedRequest,
): Promise<Answer> {
  try {
    const response = await send(`${otlp}/v1/${signal}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      body: new Uint8Array(body),
      signal: AbortSignal.timeout(60_000),
      redirect: 'error',
    });
    const text = await response.text();
    if (response.ok) return { kind: 'accepted' };
    const kind = [429, 502, 503, 504].includes(response.status) ? 'later' : 'refused';
    return { kind, message: `${response.status} ${text.slice(0, 300)}` };
  } catch (error) {
    return { kind: 'later', message: error instanceof Error ? error.message : String(error) };
  }
}

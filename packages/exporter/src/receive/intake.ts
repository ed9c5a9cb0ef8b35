import type { Accept, OtlpSignal } from './accept.ts';
import type { Answer, AnswerEncoding } from './answer.ts';
import {
  createBudgetShare,
  createByteBudget,
  type BudgetShare,
  type ByteBudget,
} from './byte-budget.ts';
import { decompress, type ContentCoding } from './decompress.ts';
import { freeMemory } from '../free-memory.ts';
import type { ReceiverLimits } from './receiver-limits.ts';

const RETRY_AFTER_SECONDS = 1;
const LOG_INTERVAL_MILLIS = 60_000;

/** Requests since the start, by what became of them. */
export interface ReceiverStats {
  readonly accepted: number;
  /** Refused for the sender's fault: 4xx. */
  readonly refused: number;
  /** Answered with 503: overload, disk, shutdown, a failure of `accept`. */
  readonly unavailable: number;
  /** The sender went away or stalled before the end of its request. */
  readonly aborted: number;
  /** Bytes of bodies in memory now. */
  readonly bytesInFlight: number;
}

/** Who sends telemetry, as far as the head of the request says. */
export interface TelemetrySender {
  /** The `Authorization` header. */
  readonly authorization: string | undefined;
  /** Address of the sender. */
  readonly remote: string;
  readonly method: string;
  readonly path: string;
}

/** Why a sender may not: it shows no valid token, one that is for something else, or sends too often. */
export type SenderRefusal =
  | { readonly kind: 'unauthenticated' | 'forbidden'; readonly message: string }
  | { readonly kind: 'unavailable'; readonly message: string; readonly retryAfterSeconds: number };

/** Resolves with undefined for who may send. */
export type AuthorizeSender = (sender: TelemetrySender) => Promise<SenderRefusal | undefined>;

/** What is read of the body of a sender that is refused, so that the answer reaches it. */
export const REFUSED_BODY_BYTES = 64 * 1024;

export interface IntakeOptions {
  readonly accept: Accept;
  /** Default: everybody who reaches the port may send. */
  readonly authorize?: AuthorizeSender;
  readonly limits: ReceiverLimits;
  readonly now: () => number;
  readonly log: (message: string, cause: unknown) => void;
}

/** A body that has arrived whole, as it was sent. */
export interface Arrived {
  readonly signal: OtlpSignal | 'metrics';
  readonly encoding: AnswerEncoding;
  readonly coding: ContentCoding;
  readonly body: Uint8Array;
  /** The request's share, which the body was taken from already. */
  readonly budget: BudgetShare;
}

/** What HTTP and gRPC have in common: one budget, one way to `accept`, one count, one shutdown. */
export interface Intake {
  readonly limits: ReceiverLimits;
  /** Whether a sender may; undefined: it may. */
  authorize(sender: TelemetrySender): Promise<SenderRefusal | undefined>;
  /** The share of a new request; the caller gives it back. */
  share(): BudgetShare;
  /** Decompresses, lets `accept` decide; never rejects. */
  take(arrived: Arrived): Promise<Answer>;
  /** The answer to a body that did not fit. */
  tooMuch(kind: 'too_large' | 'overloaded'): Answer;
  /** Counts an answer, or `undefined` for a sender that has gone. */
  count(answer: Answer | undefined): void;
  /** Says that work on a request goes on, for {@link drained}. */
  track(work: Promise<void>): void;
  isDraining(): boolean;
  /** From now on each request is answered as unavailable. */
  drain(): void;
  /** Resolves when no request is being worked on. */
  drained(): Promise<void>;
  stats(): ReceiverStats;
}

export function createIntake(options: IntakeOptions): Intake {
  return new SharedIntake(options);
}

export function shuttingDown(): Answer {
  return unavailable('shutting down; send again later');
}

function unavailable(message: string): Extract<Answer, { kind: 'unavailable' }> {
  return { kind: 'unavailable', message, retryAfterSeconds: RETRY_AFTER_SECONDS };
}

class SharedIntake implements Intake {
  readonly limits: ReceiverLimits;
  readonly #options: IntakeOptions;
  readonly #budget: ByteBudget;
  readonly #active = new Set<Promise<void>>();
  readonly #counts = { accepted: 0, refused: 0, unavailable: 0, aborted: 0 };
  #draining = false;
  #loggedAt = Number.NEGATIVE_INFINITY;

  constructor(options: IntakeOptions) {
    this.#options = options;
    this.limits = options.limits;
    this.#budget = createByteBudget(options.limits.maxInFlightBytes);
  }

  async authorize(sender: TelemetrySender): Promise<SenderRefusal | undefined> {
    try {
      return await this.#options.authorize?.(sender);
    } catch (error) {
      this.#logFailure(error, this.#options.now());
      return unavailable('it could not be checked who sends; send it again later');
    }
  }

  share(): BudgetShare {
    return createBudgetShare(this.#budget);
  }

  async take({ signal, encoding, coding, body, budget }: Arrived): Promise<Answer> {
    if (coding === 'identity') return this.#accept(signal, encoding, body);
    const { maxBodyBytes: maxBytes } = this.limits;
    const whole = await decompress(body, { coding, maxBytes, budget });
    if (whole.kind === 'malformed') return { kind: 'bad_request', message: whole.message };
    if (whole.kind !== 'ok') return this.tooMuch(whole.kind);
    // Only here: a decompressor that was stopped may still be reading.
    freeMemory(body);
    return this.#accept(signal, encoding, whole.body);
  }

  tooMuch(kind: 'too_large' | 'overloaded'): Answer {
    if (kind === 'overloaded') return unavailable('too many bytes are in flight; send again later');
    const message = `the body is larger than ${this.limits.maxBodyBytes} bytes; send smaller batches`;
    return { kind: 'too_large', message };
  }

  count(answer: Answer | undefined): void {
    if (answer === undefined) this.#counts.aborted += 1;
    else if (answer.kind === 'success') this.#counts.accepted += 1;
    else if (answer.kind === 'unavailable') this.#counts.unavailable += 1;
    else this.#counts.refused += 1;
  }

  track(work: Promise<void>): void {
    this.#active.add(work);
    void work.finally(() => this.#active.delete(work));
  }

  isDraining(): boolean {
    return this.#draining;
  }

  drain(): void {
    this.#draining = true;
  }

  async drained(): Promise<void> {
    while (this.#active.size > 0) await Promise.all(this.#active);
  }

  stats(): ReceiverStats {
    return { ...this.#counts, bytesInFlight: this.#budget.used() };
  }

  async #accept(
    signal: OtlpSignal | 'metrics',
    encoding: AnswerEncoding,
    body: Uint8Array,
  ): Promise<Answer> {
    // The body may have taken its time.
    if (this.#draining) return shuttingDown();
    if (signal === 'metrics') {
      const reason = 'metrics are accepted but not kept; send them to your metrics backend';
      return { kind: 'success', signal, partial: { count: 0, reason } };
    }
    const receivedAt = this.#options.now();
    const release = (): void => freeMemory(body);
    try {
      const result = await this.#options.accept({ signal, encoding, body, release, receivedAt });
      if (result.kind !== 'accepted') return result;
      return { kind: 'success', signal, partial: result.rejected };
    } catch (error) {
      this.#logFailure(error, receivedAt);
      return unavailable('the request could not be stored; send it again later');
    }
  }

  #logFailure(cause: unknown, at: number): void {
    // The clock may have been set back since.
    if (at >= this.#loggedAt && at - this.#loggedAt < LOG_INTERVAL_MILLIS) return;
    this.#loggedAt = at;
    this.#options.log('a received request could not be accepted and was answered with 503', cause);
  }
}

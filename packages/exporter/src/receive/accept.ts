/** The signals that are taken in. */
export type OtlpSignal = 'traces' | 'logs';

/** One whole request, read and decompressed, for the pipeline. */
export interface AcceptRequest {
  readonly signal: OtlpSignal;
  readonly encoding: 'protobuf' | 'json';
  /** Decompressed, not decoded. The receiver does not touch it any more. */
  readonly body: Uint8Array;
  /**
   * Frees the memory of `body` at once, where nobody looks at it any more: views of it are empty from here on. To be
   * called once at most; without it the body is left to the garbage collector, which bodies then keep busy.
   */
  readonly release?: () => void;
  /** When the whole request was there, in milliseconds since the Unix epoch. */
  readonly receivedAt: number;
}

/**
 * What the pipeline says to a request.
 *
 * - `accepted`: stored so that it survives a crash. `rejected` counts spans or records that were refused for good;
 *   a count of 0 with a reason is a warning.
 * - `bad_request`: the request is no OTLP; the sender must not send it again. `message` goes to the sender.
 * - `unavailable`: our fault (disk, overload); the sender should send it again.
 */
export type AcceptResult =
  | {
      readonly kind: 'accepted';
      readonly rejected?: { readonly count: number; readonly reason: string };
    }
  | { readonly kind: 'bad_request'; readonly message: string }
  | {
      readonly kind: 'unavailable';
      /** Whole seconds, at least 1. */
      readonly retryAfterSeconds: number;
      readonly message: string;
    };

/** The pipeline as the receiver sees it. A rejection or throw is answered like `unavailable`. */
export type Accept = (request: AcceptRequest) => Promise<AcceptResult>;

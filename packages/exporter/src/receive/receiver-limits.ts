const MIB = 1024 * 1024;

/** What one sender, and all together, may cost. */
export interface ReceiverLimits {
  /** A body may have so many bytes before and after decompression; above: 413. Default 64 MiB, as OTLP recommends. */
  readonly maxBodyBytes: number;
  /** Bodies in memory at once, compressed and decompressed; above: 503. Default 256 MiB. */
  readonly maxInFlightBytes: number;
  /** A request that has not arrived whole by then is cut off. Default 60 s. */
  readonly requestTimeoutMillis: number;
  /** The same for its headers. Default 20 s. */
  readonly headersTimeoutMillis: number;
  /**
   * An idle connection is closed after this. Default 120 s: above the 90 s for which Go's client keeps one, else its
   * next request meets a connection that is just being closed.
   */
  readonly keepAliveTimeoutMillis: number;
}

const DEFAULTS: ReceiverLimits = {
  maxBodyBytes: 64 * MIB,
  maxInFlightBytes: 256 * MIB,
  requestTimeoutMillis: 60_000,
  headersTimeoutMillis: 20_000,
  keepAliveTimeoutMillis: 120_000,
};

/** The limits with their defaults. */
export function receiverLimits(limits: Partial<ReceiverLimits> = {}): ReceiverLimits {
  return Object.freeze({ ...DEFAULTS, ...limits });
}

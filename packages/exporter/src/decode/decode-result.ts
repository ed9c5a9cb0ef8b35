/** Why a request could not be read at all. Nothing of it was taken. */
export interface DecodeError {
  readonly kind: 'malformed';
  /** What was wrong, what was expected, and where; safe to send back to the sender. */
  readonly message: string;
  /** Bytes (protobuf) or characters (JSON) from the start of the body, where known. */
  readonly offset: number | undefined;
  /** The JSON field, for example `resourceSpans[0].scopeSpans[0].spans[3].startTimeUnixNano`; JSON only. */
  readonly path: string | undefined;
}

/** A decoded request, or why it could not be read. */
export type DecodeResult<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: DecodeError };

/** Thrown inside the decoders and turned into a {@link DecodeError} at their border; it never leaves this folder. */
export class MalformedInput extends Error {
  readonly offset: number | undefined;
  readonly path: string | undefined;

  constructor(message: string, where: { readonly offset?: number; readonly path?: string }) {
    super(message);
    this.offset = where.offset;
    this.path = where.path;
  }
}

/** Runs a decoder; malformed input becomes a value, anything else is a bug and goes on. */
export function decodeResult<T>(decode: () => T): DecodeResult<T> {
  try {
    return { ok: true, value: decode() };
  } catch (error) {
    if (!(error instanceof MalformedInput)) throw error;
    const { message, offset, path } = error;
    return { ok: false, error: { kind: 'malformed', message, offset, path } };
  }
}

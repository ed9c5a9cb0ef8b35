const BRAND = Symbol.for('aftertrace.instrumentation.error');

/** Why this package throws. `docs/reference/errors.md` explains each. */
export type AftertraceErrorCode =
  /** A policy rule, a containment or a person refused the call; it has not run. */
  | 'call_refused'
  /** The call had run and a rule withheld its result, or a containment stopped it on the way. */
  | 'call_stopped'
  /** A kill or a retirement ended the agent's invocation: no model call of it is made any more. */
  | 'run_stopped'
  /** Misuse: a required argument is missing or empty. */
  | 'invalid_argument';

/** The one error class of this package; recognise it with `isAftertraceError`, also across copies of the package. */
export class AftertraceError extends Error {
  override readonly name = 'AftertraceError';
  readonly code: AftertraceErrorCode;

  constructor(code: AftertraceErrorCode, message: string) {
    super(message);
    this.code = code;
    Object.defineProperty(this, BRAND, { value: true });
  }
}

/** Is this an error of Aftertrace, whichever copy of the package made it? */
export function isAftertraceError(error: unknown): error is AftertraceError {
  return typeof error === 'object' && error !== null && Object.hasOwn(error, BRAND);
}

const BRAND = Symbol.for('aftertrace.incidents.error');

/** Why this package threw; expected outcomes are values and never throw. */
export type IncidentsErrorCode = 'bad_destination' | 'not_started' | 'closed';

/** Misuse or bad configuration. Recognised by brand, so that two copies of the package agree. */
export class IncidentsError extends Error {
  override readonly name = 'IncidentsError';
  readonly code: IncidentsErrorCode;

  constructor(code: IncidentsErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    Object.defineProperty(this, BRAND, { value: true });
  }

  static isInstance(value: unknown): value is IncidentsError {
    return value instanceof Error && BRAND in value;
  }
}

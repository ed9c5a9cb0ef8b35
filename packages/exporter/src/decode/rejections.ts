/** Reasons kept a request; a hostile sender could otherwise fill memory and the answer with them. */
const MAX_REASONS = 8;

/** Counts what a decoder refused, with each reason once. */
export interface Rejections {
  /** One span or log record was left out. */
  reject(reason: string): void;
  /** Something smaller was left out; the span or record stays. */
  warn(reason: string): void;
  result(): { readonly count: number; readonly reasons: readonly string[] };
}

export function createRejections(): Rejections {
  const reasons = new Set<string>();
  let count = 0;
  const warn = (reason: string): void => {
    if (reasons.size < MAX_REASONS) reasons.add(reason);
  };
  return {
    warn,
    reject(reason) {
      count += 1;
      warn(reason);
    },
    result: () => ({ count, reasons: [...reasons] }),
  };
}

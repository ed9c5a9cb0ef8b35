/** Bytes that may be in memory at once for all requests together. */
export interface ByteBudget {
  /** Takes bytes if they fit; `false` means that the request has to be refused. */
  take(bytes: number): boolean;
  give(bytes: number): void;
  used(): number;
}

export function createByteBudget(maxBytes: number): ByteBudget {
  let used = 0;
  return {
    take(bytes) {
      if (used + bytes > maxBytes) return false;
      used += bytes;
      return true;
    },
    give(bytes) {
      used -= bytes;
    },
    used: () => used,
  };
}

/** The share of one request, given back at its end whatever happened. */
export interface BudgetShare {
  take(bytes: number): boolean;
  giveAll(): void;
}

export function createBudgetShare(budget: ByteBudget): BudgetShare {
  let taken = 0;
  return {
    take(bytes) {
      const fits = budget.take(bytes);
      if (fits) taken += bytes;
      return fits;
    },
    giveAll() {
      budget.give(taken);
      taken = 0;
    },
  };
}

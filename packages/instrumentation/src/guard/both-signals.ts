/** Aborts when either does; the one that there is where there is one. */
export function bothSignals(
  one: AbortSignal | undefined,
  other: AbortSignal | undefined,
): AbortSignal | undefined {
  if (one === undefined || other === undefined || one === other) return other ?? one;
  return AbortSignal.any([other, one]);
}

import type { LimitMatch } from '@aftertrace/schema';

/** What has been counted for a limit. Without a window it is one sum, else a ring of sums, the newest last. */
export interface UsageState {
  readonly kind: 'usage';
  /** Length of one slot; 0 without a window. */
  readonly slotMillis: number;
  /** Number of the newest slot since the clock's zero. */
  readonly slot: number;
  /** Sums of the newest slot and those before it, oldest first. */
  readonly sums: readonly number[];
}

/** A window is counted in this many slots, and the one that it cuts is counted whole: never too little. */
const SLOTS = 20;

/** Length of a slot of the limit's window; 0 without one. */
function slotMillisOf(limit: LimitMatch): number {
  return limit.withinMillis === undefined ? 0 : Math.ceil(limit.withinMillis / SLOTS);
}

/** How much was used within the window that ends now. A clock that went back changes nothing. */
export function usedAmount(
  limit: LimitMatch,
  state: UsageState | undefined,
  nowMillis: number,
): number {
  return current(limit, state, nowMillis).sums.reduce((sum, part) => sum + part, 0);
}

/** The state with an amount counted now. */
export function withUsage(
  limit: LimitMatch,
  state: UsageState | undefined,
  use: { readonly amount: number; readonly nowMillis: number },
): UsageState {
  const { sums, ...rest } = current(limit, state, use.nowMillis);
  return { ...rest, sums: [...sums.slice(0, -1), (sums.at(-1) ?? 0) + use.amount] };
}

/** Nothing of it counts any more. */
export function isUsageOver({ slotMillis, slot }: UsageState, nowMillis: number): boolean {
  return slotMillis > 0 && Math.floor(nowMillis / slotMillis) - slot > SLOTS;
}

/** How long after a call it may still be counted, with the slot that the window cuts. */
export function countedForMillis(withinMillis: number): number {
  return Math.ceil(withinMillis / SLOTS) * (SLOTS + 1);
}

/** The ring as it stands now: slots that are too old fall out. A state of another window starts anew. */
function current(limit: LimitMatch, state: UsageState | undefined, nowMillis: number): UsageState {
  const slotMillis = slotMillisOf(limit);
  const slot = slotMillis === 0 ? 0 : Math.floor(nowMillis / slotMillis);
  if (state?.slotMillis !== slotMillis) return { kind: 'usage', slotMillis, slot, sums: [0] };
  const passed = slot - state.slot;
  if (passed <= 0) return state;
  if (passed > SLOTS) return { kind: 'usage', slotMillis, slot, sums: [0] };
  const zeros = Array.from({ length: passed }, () => 0);
  const sums = [...state.sums, ...zeros].slice(-(SLOTS + 1));
  return { kind: 'usage', slotMillis, slot, sums };
}

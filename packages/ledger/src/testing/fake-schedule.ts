/** A timer that goes off when the test says so. */
export interface FakeSchedule {
  readonly schedule: (millis: number, work: () => void) => () => void;
  /** Runs what waits. */
  readonly fire: () => void;
  readonly waiting: () => number;
}

export function fakeSchedule(): FakeSchedule {
  const waiting = new Set<() => void>();
  return {
    schedule: (_millis, work) => {
      waiting.add(work);
      return () => waiting.delete(work);
    },
    fire: () => {
      const due = [...waiting];
      waiting.clear();
      for (const work of due) work();
    },
    waiting: () => waiting.size,
  };
}

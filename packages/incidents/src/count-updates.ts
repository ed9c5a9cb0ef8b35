import type { Scheduler } from './scheduler.ts';

/** Tells new counts at most once an interval an incident, and never loses the last ones. */
export interface CountUpdates {
  /** The incident has counts that were not told. */
  changed(incident: string): void;
  /** Its counts are being told otherwise. */
  told(incident: string): void;
  close(): void;
}

export function createCountUpdates(options: {
  readonly intervalMillis: number;
  readonly schedule: Scheduler;
  readonly tell: (incident: string) => void;
}): CountUpdates {
  const timers = new Map<string, () => void>();
  const told = (incident: string): void => {
    timers.get(incident)?.();
    timers.delete(incident);
  };
  return {
    told,
    changed(incident) {
      if (timers.has(incident)) return;
      const fire = (): void => {
        timers.delete(incident);
        options.tell(incident);
      };
      timers.set(incident, options.schedule(fire, options.intervalMillis));
    },
    close() {
      for (const cancel of timers.values()) cancel();
      timers.clear();
    },
  };
}

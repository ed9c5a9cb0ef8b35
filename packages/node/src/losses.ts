/** Telemetry of one kind that may be lost. */
export interface LossSource {
  /** In the plural, for a person: `spans`. */
  readonly name: string;
  /** How many have not been delivered by now. */
  readonly undelivered: () => number;
}

/** Says when telemetry is lost: once when the first is dropped, and once at the end of the process. */
export interface Losses {
  /** Something has been dropped while the process runs. */
  dropped(): void;
  /** Nothing more will be sent. */
  ended(): void;
}

/** What is needed to say it. */
export interface LossesOptions {
  readonly sources: readonly LossSource[];
  /** Who should have taken it, for a person. */
  readonly receiver: string;
  /** Gets one line for standard error, without its end. */
  readonly write: (line: string) => void;
}

/** Counts nothing itself: the exporters do. */
export function createLosses({ sources, receiver, write }: LossesOptions): Losses {
  let isDropped = false;
  let isEnded = false;
  return {
    dropped: () => {
      if (isDropped) return;
      isDropped = true;
      const counts = countsOf(sources);
      write(`aftertrace: telemetry is being lost, ${counts} by now: ${receiver} does not take it`);
    },
    ended: () => {
      const counts = countsOf(sources);
      if (isEnded || counts === '') return;
      isEnded = true;
      write(`aftertrace: ${counts} were not delivered to ${receiver} and are lost`);
    },
  };
}

function countsOf(sources: readonly LossSource[]): string {
  return sources
    .map(({ name, undelivered }) => ({ name, count: undelivered() }))
    .filter(({ count }) => count > 0)
    .map(({ name, count }) => `${count} ${name}`)
    .join(' and ');
}

/** Telemetry of one kind that may be lost. */
export interface LossSource {
  /** Of one, for a person: `span`. */
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
      write(
        `aftertrace: telemetry is being lost, as ${receiver} does not take it: ${counts} by now`,
      );
    },
    ended: () => {
      const counts = countsOf(sources);
      if (isEnded || counts === '') return;
      isEnded = true;
      write(`aftertrace: lost at the end, as ${receiver} did not take it: ${counts}`);
    },
  };
}

function countsOf(sources: readonly LossSource[]): string {
  return sources
    .map(({ name, undelivered }) => ({ name, count: undelivered() }))
    .filter(({ count }) => count > 0)
    .map(({ name, count }) => `${count} ${name}${count === 1 ? '' : 's'}`)
    .join(' and ');
}

/** Something that a check has found. */
export interface DataProblem {
  /**
   * `warning`: it mends itself, or costs nothing but room. `error`: something is lost or was changed. `unchecked`: nobody
   * has looked, since what that takes (a key) was not given.
   */
  readonly severity: 'warning' | 'error' | 'unchecked';
  /** File relative to the data directory, with `:line` where it is about a line. */
  readonly where: string;
  /** Says what is wrong; never holds content of the line. */
  readonly message: string;
}

/** What a check of a data directory came to. */
export interface DataReport {
  /** There is no error. */
  readonly ok: boolean;
  readonly version: string | undefined;
  readonly files: number;
  readonly lines: number;
  readonly blobs: number;
  readonly journalRecords: number;
  /** The first thousand. */
  readonly problems: readonly DataProblem[];
  readonly omitted: number;
}

const MAX_PROBLEMS = 1000;

/** Gathers what a check finds. */
export interface DataFindings {
  add(severity: DataProblem['severity'], where: string, message: string): void;
  readonly problems: readonly DataProblem[];
  readonly omitted: number;
  readonly errors: number;
}

export function createDataFindings(): DataFindings {
  const problems: DataProblem[] = [];
  let omitted = 0;
  let errors = 0;
  return {
    add(severity, where, message) {
      if (severity === 'error') errors += 1;
      if (problems.length < MAX_PROBLEMS) problems.push({ severity, where, message });
      else omitted += 1;
    },
    problems,
    get omitted() {
      return omitted;
    },
    get errors() {
      return errors;
    },
  };
}

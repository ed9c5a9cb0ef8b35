/** A program of others that can be started. */
export interface Program {
  readonly program: string;
  /** As it says itself. */
  readonly version: string;
}

export interface LocateOptions {
  /** A line for the person who waits. */
  readonly note: (text: string) => void;
  readonly env?: NodeJS.ProcessEnv;
}

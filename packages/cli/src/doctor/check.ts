/** One thing that was looked at. */
export interface Check {
  readonly topic: 'node' | 'framework' | 'opentelemetry' | 'doubled' | 'companion' | 'policy';
  /** `problem`: something is not governed or not recorded, or will not be. `note`: good to know. */
  readonly status: 'ok' | 'note' | 'problem';
  /** What it is about, for example `openai 7.57.0`. */
  readonly subject: string;
  /** What was found and what to do, in plain words. */
  readonly finding: string;
}

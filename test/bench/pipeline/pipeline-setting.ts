import type { Program } from '../../stack/programs/program.ts';

/** What the parts of the pipeline benchmark are given. */
export interface PipelineSetting {
  readonly collector: Program;
  readonly jaeger: Program;
  /** Below it everything is written. */
  readonly dir: string;
  /** Runs whose delay is measured, of each kind. */
  readonly runs: number;
  /** Spans of one round of load, after a quarter of it to warm up. */
  readonly spans: number;
  /** Rounds of each variant, in turns. */
  readonly rounds: number;
  readonly note: (text: string) => void;
}

import type { CollectorAnswersInput } from './collector-answers.ts';

/** A configuration that is kept in `collector-config/` as `aftertrace collector init` writes it. */
export interface CommittedConfig {
  readonly file: string;
  readonly answers: CollectorAnswersInput;
}

const VIEWERS = { traces: 'http://127.0.0.1:14318', prometheus: '127.0.0.1:8889' } as const;
const PRODUCTION = { kind: 'production', redact: true, ...VIEWERS } as const;

/** The files, by what they show. */
export const COMMITTED_CONFIGS: readonly CommittedConfig[] = [
  { file: 'laptop.yaml', answers: { kind: 'laptop' } },
  { file: 'laptop-viewers.yaml', answers: { kind: 'laptop', ...VIEWERS } },
  { file: 'production.yaml', answers: PRODUCTION },
  { file: 'gateway.yaml', answers: { ...PRODUCTION, kind: 'gateway' } },
  { file: 'judged.yaml', answers: { ...PRODUCTION, judged: '127.0.0.1:14319' } },
  { file: 'sampling-tail.yaml', answers: { ...PRODUCTION, sampling: 'tail' } },
  { file: 'sampling-head.yaml', answers: { ...PRODUCTION, sampling: 'head' } },
];

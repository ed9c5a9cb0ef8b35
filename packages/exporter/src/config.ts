import { ContentMode, ToolProfilesConfig } from '@aftertrace/schema';
import { z } from 'zod';

import { FilesConfig } from './files/files-config.ts';
import { RedactionConfig } from './redact/redaction-config.ts';
import { SamplingConfig } from './sample/sampling-config.ts';

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

const millis = (fallback: number): z.ZodDefault<z.ZodInt> =>
  z.int().nonnegative().default(fallback);
const count = (fallback: number): z.ZodDefault<z.ZodInt> => z.int().positive().default(fallback);

/** How long runs are waited for and how much is held. */
export const AssemblyConfig = z.strictObject({
  graceMillis: millis(1500).describe(
    'After the last news of a run whose topmost span has ended: then its line is written.',
  ),
  orphanGraceMillis: millis(30 * SECOND).describe(
    'The same where a parent span is missing, or where a sampled run said that it ended before its spans came.',
  ),
  idleMillis: millis(30 * MINUTE).describe(
    'A run without any news for so long counts as incomplete.',
  ),
  maxAgeMillis: millis(6 * HOUR).describe(
    'A run that goes on for longer is written as it is, as incomplete.',
  ),
  lateWindowMillis: millis(10 * MINUTE).describe(
    'Spans that come so long after a line make a new revision of it.',
  ),
  lateBytes: count(256 * MIB).describe(
    'What runs that were written may hold for late spans, in bytes as received; beyond it the oldest wait no longer.',
  ),
  memoryBytes: count(128 * MIB).describe(
    'Telemetry held in memory, in bytes as received; what is older is read from the journal when it is needed.',
  ),
  maxOpenBytes: count(16 * GIB).describe(
    'Telemetry of open runs, in bytes as received, in memory or in the journal; beyond it the oldest traces are written early. Without a journal, memoryBytes counts.',
  ),
  maxOpenGroups: count(250_000).describe('Traces held; beyond it the oldest are written early.'),
  maxOpenSpans: count(8_000_000).describe(
    'Spans held, 64 bytes of memory each; beyond it the oldest traces are written early.',
  ),
  maxRecordsPerGroup: count(50_000).describe(
    'Spans and events held of one trace; more are refused and counted.',
  ),
});

/** Configuration of the pipeline. Every field has a default; unknown fields are errors. */
export const ExporterConfig = z.strictObject({
  content: ContentMode.default('redacted').describe(
    'What becomes of message content, arguments and results that arrive: kept, kept without secrets and personal data, or dropped.',
  ),
  redaction: RedactionConfig.prefault({}).describe(
    'What is removed from content where it is redacted.',
  ),
  sampling: SamplingConfig.prefault({}),
  toolProfiles: ToolProfilesConfig.default([]).describe(
    'What is known of tools of your own, for the judgement of their calls; asked before the profiles that are shipped.',
  ),
  assembly: AssemblyConfig.prefault({}),
  files: FilesConfig.prefault({}),
  checkIntervalMillis: count(250).describe('How often to look for runs that are complete.'),
});
export type ExporterConfig = z.infer<typeof ExporterConfig>;
/** The configuration as a person writes it: every field may be left out. */
export type ExporterConfigInput = z.input<typeof ExporterConfig>;

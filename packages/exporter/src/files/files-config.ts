import { z } from 'zod';

const KIB = 1024;
const MIB = 1024 * KIB;
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/** How long files are kept. */
export const RetentionConfig = z
  .strictObject({
    maxAgeMillis: z
      .int()
      .positive()
      .optional()
      .describe(
        'Files whose newest run ended longer ago are deleted, unless a legal hold covers a run in them.',
      ),
    maxTotalBytes: z
      .int()
      .positive()
      .optional()
      .describe(
        'Beyond it, indexes and blobs included, the oldest files are deleted, though none below its minimum age.',
      ),
    minAgeMillis: z
      .strictObject({
        success: z.int().nonnegative().default(DAY),
        failure: z
          .int()
          .nonnegative()
          .default(30 * DAY),
        unresolved: z
          .int()
          .nonnegative()
          .default(30 * DAY),
      })
      .prefault({})
      .describe(
        'Ages that the limit of size may not undercut, nor compaction of superseded lines.',
      ),
  })
  .refine(
    ({ maxAgeMillis, minAgeMillis }) =>
      maxAgeMillis === undefined || Object.values(minAgeMillis).every((age) => age <= maxAgeMillis),
    { path: ['maxAgeMillis'], message: 'must not be below any of minAgeMillis' },
  );
export type RetentionConfig = z.infer<typeof RetentionConfig>;

/** How trajectories lie on disk. Every field has a default; unknown fields are errors. */
export const FilesConfig = z.strictObject({
  maxFileBytes: z
    .int()
    .min(4 * KIB)
    .default(256 * MIB)
    .describe('From this size on lines go to the next part of a file; only between lines.'),
  maxAgentsPerDay: z
    .int()
    .positive()
    .default(500)
    .describe('Agents with files of their own a day and outcome; further ones share a file.'),
  compression: z
    .enum(['none', 'closed', 'live'])
    .default('none')
    .describe(
      'zstd for files that are full or of a past day, or for all from the start, each batch a frame.',
    ),
  group: z
    .enum(['run', 'conversation'])
    .default('run')
    .describe(
      'conversation: beside the lines of runs, which evidence refers to, one line a conversation, below conversations/.',
    ),
  conversationIdleMillis: z
    .int()
    .positive()
    .default(30 * MINUTE)
    .describe('A conversation is written when no run of it ended for so long.'),
  hermes: z
    .boolean()
    .default(false)
    .describe("Also write each run in hermes-agent's form, below trajectories/hermes."),
  blobs: z
    .strictObject({
      minBytes: z
        .int()
        .min(KIB)
        .default(256 * KIB)
        .describe('Texts above this size stand in files of their own.'),
      headChars: z
        .int()
        .nonnegative()
        .max(KIB)
        .default(KIB)
        .describe('How much of such a text stays in the line, in UTF-16 units.'),
    })
    .prefault({}),
  retention: RetentionConfig.prefault({}),
  maintenanceIntervalMillis: z
    .int()
    .positive()
    .default(10 * MINUTE)
    .describe('How often to look for files to compress or to delete.'),
});
export type FilesConfig = z.infer<typeof FilesConfig>;
/** The configuration as a person writes it: every field may be left out. */
export type FilesConfigInput = z.input<typeof FilesConfig>;

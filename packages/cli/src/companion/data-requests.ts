import { HoldSelector } from '@aftertrace/schema';
import { z } from 'zod';

/** Where a companion takes orders about its data; behind the token like everything else. */
export const DataPath = {
  ERASE: '/data/v1/erase',
  HOLDS: '/data/v1/holds',
  COMPACT: '/data/v1/compact',
} as const;

const Reason = z.string().trim().min(1).max(2000);
const By = z.string().trim().min(1).max(200);

/** Whose runs are to be erased. */
export const Subject = z.strictObject({
  kind: z.enum(['conversation', 'person', 'run']),
  id: z.string().min(1).max(4096),
});
export type Subject = z.infer<typeof Subject>;

export const EraseRequest = z.strictObject({ subject: Subject, reason: Reason, by: By });
export type EraseRequest = z.infer<typeof EraseRequest>;

/** A hold to order, or one to lift. */
export const HoldRequest = z.discriminatedUnion('order', [
  z.strictObject({ order: z.literal('add'), selector: HoldSelector, reason: Reason, by: By }),
  z.strictObject({ order: z.literal('release'), id: z.string().min(1), reason: Reason, by: By }),
]);
export type HoldRequest = z.infer<typeof HoldRequest>;

/** Without `id` begins a compaction, or joins the one that goes on; with it asks how far that one is. */
export const CompactRequest = z.strictObject({
  id: z.string().min(1).optional(),
  dryRun: z.boolean().default(false),
});
export type CompactRequest = z.infer<typeof CompactRequest>;

const count = z.int().nonnegative();

/** What a compaction came to, as the exporter says it. */
export const CompactionReport = z.object({
  files: z.array(z.string()),
  removedLines: count,
  removedMarks: count,
  removedBytes: count,
  removedBlobs: count,
  held: count,
  young: count,
  skipped: z.array(z.string()),
});
export type CompactionReport = z.infer<typeof CompactionReport>;

/** How far a compaction is. */
export const CompactionStatus = z.object({
  id: z.string(),
  done: count,
  of: count,
  /** The file that is being written anew. */
  file: z.string().optional(),
  /** Once it is done. */
  report: CompactionReport.optional(),
  /** Why it ended before it was done. */
  problem: z.string().optional(),
});
export type CompactionStatus = z.infer<typeof CompactionStatus>;

/** `conversation:ID`, `person:ID` or `run:ID`; `undefined` for what is none. */
export function parseSubject(text: string): Subject | undefined {
  const at = text.indexOf(':');
  return Subject.safeParse({ kind: text.slice(0, Math.max(0, at)), id: text.slice(at + 1) }).data;
}

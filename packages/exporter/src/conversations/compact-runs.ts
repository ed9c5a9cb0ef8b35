import { access } from 'node:fs/promises';
import { join } from 'node:path';

import type { CompactionProgress, CompactionResult } from '../files/compact-files.ts';
import { compactFiles } from '../files/compact-files.ts';
import { FilesConfig, type FilesConfigInput } from '../files/files-config.ts';
import { CONVERSATIONS_DIR } from './conversation-lines.ts';

/** Options of {@link compactRuns}. */
export interface CompactRunsOptions {
  /** How files are kept: `retention.minAgeMillis` is what counts here. */
  readonly files?: FilesConfigInput;
  /** Milliseconds since the epoch. Default `Date.now`. */
  readonly now?: () => number;
  /** Says what would be dropped and changes nothing; then others may write meanwhile. Default false. */
  readonly dryRun?: boolean;
  readonly onProgress?: (progress: CompactionProgress) => void;
}

/**
 * Drops superseded lines from a data directory that no companion uses: those of runs, in both formats, and those of
 * conversations. A running companion does it by `Pipeline.compact`.
 *
 * Rejects with ExporterError `holds_unreadable` where the holds are not known.
 */
export async function compactRuns(
  dataDir: string,
  { files = {}, now = Date.now, dryRun = false, onProgress }: CompactRunsOptions = {},
): Promise<CompactionResult> {
  const { minAgeMillis } = FilesConfig.parse(files).retention;
  const shared = { holdsDir: dataDir, minAgeMillis, nowMillis: now(), dryRun, onProgress };
  const runs = await compactFiles({ ...shared, dataDir });
  const directory = join(dataDir, CONVERSATIONS_DIR);
  const hasConversations = await access(directory).then(
    () => true,
    () => false,
  );
  if (!hasConversations) return runs;
  return addConversations(runs, await compactFiles({ ...shared, dataDir: directory }));
}

/** Both together, the files of conversations under their names below the data directory. */
export function addConversations(
  runs: CompactionResult,
  conversations: CompactionResult,
): CompactionResult {
  const below = (file: string): string => `${CONVERSATIONS_DIR}/${file}`;
  return {
    files: [...runs.files, ...conversations.files.map(below)],
    removedLines: runs.removedLines + conversations.removedLines,
    removedMarks: runs.removedMarks + conversations.removedMarks,
    removedBytes: runs.removedBytes + conversations.removedBytes,
    removedBlobs: runs.removedBlobs + conversations.removedBlobs,
    held: runs.held + conversations.held,
    young: runs.young + conversations.young,
    skipped: [...runs.skipped, ...conversations.skipped.map(below)],
  };
}

import { access } from 'node:fs/promises';
import { join } from 'node:path';

import {
  allErased,
  eraseTrajectories,
  type ErasureOptions,
  type ErasureResult,
  type ErasureSelector,
} from '../files/erase-trajectories.ts';
import { createErasedRuns } from '../files/erased-runs.ts';
import { endOfSegment } from '../journal/journal.ts';
import { createSegmentFiles } from '../journal/segment-files.ts';
import { CONVERSATIONS_DIR, createConversationLines } from './conversation-lines.ts';

/**
 * Removes runs from a data directory that no companion uses: their lines, and those of the conversations that they were
 * part of; what the journal still has of them does not bring them back. A running companion does it by `Pipeline.erase`. Rejects as `eraseTrajectories` does.
 */
export async function eraseRuns(
  dataDir: string,
  selector: ErasureSelector,
  options?: ErasureOptions,
): Promise<ErasureResult> {
  const segments = await createSegmentFiles(join(dataDir, 'journal')).list();
  const erased = createErasedRuns(dataDir);
  await erased.load();
  const result = await eraseTrajectories(dataDir, selector, {
    ...options,
    onPlanned: async (plan) => {
      await erased.add(plan.ids, {
        oldestSegment: segments[0],
        end: endOfSegment(segments.at(-1)),
      });
      await options?.onPlanned?.(plan);
    },
  });
  const hasConversations = await access(join(dataDir, CONVERSATIONS_DIR)).then(
    () => true,
    () => false,
  );
  if (!hasConversations) return result;
  const conversations = createConversationLines({
    dataDir,
    files: {},
    idleMillis: 0,
    now: () => 0,
    onProblem: () => undefined,
  });
  await conversations.start();
  const lines = await conversations.forget(allErased(selector, result));
  await conversations.close();
  return { ...result, erasedLines: result.erasedLines + lines };
}

import { compactRuns } from '../../conversations/compact-runs.ts';

/** A process that compacts a directory; it says when it begins, so that a test can kill it behind that. */
const [, , dataDir = ''] = process.argv;
process.stdout.write('begun\n');
await compactRuns(dataDir, {
  files: { retention: { minAgeMillis: { success: 0, failure: 0, unresolved: 0 } } },
  onProgress: ({ done }) => process.stdout.write(`${done}\n`),
});

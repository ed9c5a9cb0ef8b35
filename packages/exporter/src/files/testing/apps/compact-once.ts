import { compactRuns } from '../../../conversations/compact-runs.ts';

/** A process that compacts a directory, whatever the age of its lines. */
const [, , dataDir = ''] = process.argv;
await compactRuns(dataDir, {
  files: { retention: { minAgeMillis: { success: 0, failure: 0, unresolved: 0 } } },
});

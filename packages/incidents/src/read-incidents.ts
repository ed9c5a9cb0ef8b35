import type { Incident } from '@aftertrace/schema';

import { snapshot } from './fold.ts';
import { incidentLogPath, loadIncidentLog, type LogProblem } from './incident-log.ts';
import { defaultRules } from './rules.ts';
import { countWatched, type WatchCounts } from './watch-list.ts';

/** The incidents of a data directory as they are on disk. */
export interface ReadIncidents {
  /** In the order in which they were opened. */
  readonly incidents: readonly Incident[];
  /** Lines that are broken and chains that do not hold: changed, removed or reordered events. */
  readonly problems: readonly LogProblem[];
  /** Findings that are no incident yet: below the threshold of every rule. */
  readonly watched: WatchCounts;
}

/** Reads the incidents of a data directory without a running companion. Writes nothing; no file means no incidents. */
export async function readIncidents(dataDir: string): Promise<ReadIncidents> {
  const { incidents, problems } = await loadIncidentLog(incidentLogPath(dataDir));
  const folds = [...incidents.values()];
  const known = new Set(folds.flatMap(({ findings }) => [...findings]));
  const watched = await countWatched({ dataDir, rules: defaultRules }, (id) => known.has(id));
  return { incidents: folds.map(snapshot), problems, watched };
}

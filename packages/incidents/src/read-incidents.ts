import type { Incident } from '@aftertrace/schema';

import { snapshot } from './fold.ts';
import { incidentLogPath, loadIncidentLog, type LogProblem } from './incident-log.ts';

/** The incidents of a data directory as they are on disk. */
export interface ReadIncidents {
  /** In the order in which they were opened. */
  readonly incidents: readonly Incident[];
  /** Lines that are broken and chains that do not hold: changed, removed or reordered events. */
  readonly problems: readonly LogProblem[];
}

/** Reads the incidents of a data directory without a running companion. Writes nothing; no file means no incidents. */
export async function readIncidents(dataDir: string): Promise<ReadIncidents> {
  const { incidents, problems } = await loadIncidentLog(incidentLogPath(dataDir));
  return { incidents: [...incidents.values()].map(snapshot), problems };
}

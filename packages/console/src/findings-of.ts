import { Finding, type Incident, type Trajectory } from '@aftertrace/schema';

/** Incidents that a run belongs to, by what its line says and by what they say. */
export function incidentsOf(
  { trajectory_id: id, extra }: Trajectory,
  incidents: readonly Incident[],
): readonly Incident[] {
  const { runId, incidentIds } = extra.aftertrace;
  return incidents.filter(
    (incident) =>
      incidentIds.includes(incident.id) ||
      incident.trajectories.includes(id) ||
      (runId !== undefined && incident.runs.includes(runId)),
  );
}

/** What of an incident was found in a run. */
export function findingsOf(
  incident: Incident,
  { trajectory_id: id, extra }: Trajectory,
): readonly Finding[] {
  const { runId, traceIds } = extra.aftertrace;
  return incident.events.flatMap(({ data }) => {
    const { data: finding } = Finding.safeParse(data['finding']);
    if (finding === undefined) return [];
    const isOfLine = finding.evidence.some(({ trajectoryId }) => trajectoryId === id);
    const isOfRun =
      finding.run !== undefined && runId !== undefined
        ? finding.run === runId
        : finding.evidence.some(
            ({ traceId }) => traceId !== undefined && traceIds.includes(traceId),
          );
    return isOfLine || isOfRun ? [finding] : [];
  });
}

export type { Page } from './document.ts';
export { incidentsOf } from './findings-of.ts';
export { durationText } from './format-time.ts';
export { renderIncidentPage, type IncidentView } from './incident-page.ts';
export {
  incidentPath,
  incidentsPath,
  parsePagePath,
  tracePath,
  trajectoryPath,
  type IncidentsFilter,
  type PageRequest,
} from './page-paths.ts';
export { renderIncidentsPage, type IncidentsView } from './incidents-page.ts';
export { renderProblemPage, type PageProblem } from './problem-page.ts';
export { renderTrajectoryPage, type TrajectoryView } from './trajectory-page.ts';

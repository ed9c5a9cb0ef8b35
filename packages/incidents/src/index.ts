export { allowedTransitions, machineTransitions } from './transitions.ts';
export type { TransitionRefusal, TransitionRequest } from './transitions.ts';
export type { DeliveryResult, Destination } from './destination.ts';
export { IncidentsError, type IncidentsErrorCode } from './errors.ts';
export { fingerprintOf } from './fingerprint.ts';
export { foldIncident } from './fold.ts';
export type { IncidentsCaller } from './http-api.ts';
export { INCIDENTS_PATH } from './incidents-path.ts';
export type { LogProblem } from './incident-log.ts';
export {
  createIncidents,
  type ChangeResult,
  type IncidentFilter,
  type Incidents,
} from './incidents.ts';
export type { IncidentsOptions, Log } from './incidents-options.ts';
export type { FindingResult } from './intake.ts';
export type { Notice, NoticeData, NoticeType } from './notice.ts';
export type { OutboxCounts } from './outbox.ts';
export { readIncidents, type ReadIncidents } from './read-incidents.ts';
export { defaultRules, type IncidentRules, type OpeningRule } from './rules.ts';
export { systemScheduler, type Scheduler } from './scheduler.ts';
export {
  verifyIncidents,
  type IncidentAnchor,
  type IncidentProblem,
  type IncidentProblemKind,
} from './verify-incidents.ts';
export { createWebhookDestination, type WebhookOptions } from './webhook/webhook.ts';

import { randomUUID } from 'node:crypto';
import path from 'node:path';

import { createControlPlane, type ControlPlane } from '@aftertrace/control';
import { createJournal, createPipeline, type Journal, type Pipeline } from '@aftertrace/exporter';
import { createIncidents, type Incidents } from '@aftertrace/incidents';
import type { Ledger } from '@aftertrace/ledger';

import { openAuditLedger } from './audit-ledger.ts';
import { createCheckpointSender } from './checkpoint-sender.ts';
import type { Companion, CompanionOptions } from './companion.ts';
import { connectedCompanion, type CompanionParts, type Place } from './connected-companion.ts';
import { removalEntry } from './data-entries.ts';
import { isDrillAtWork } from './drill-at-work.ts';
import { createRunFinder, type RunFinder } from './find-runs.ts';
import { createIncidentAnchors, type IncidentAnchors } from './incident-anchor.ts';
import { createObserver, type Observer } from './observer.ts';
import { reasonOf } from './reason-of.ts';
import { createUnguardedAgents, type UnguardedAgents } from './unguarded-agents.ts';

/** Connects the parts. The only place that knows them all. */
export async function createCompanion(options: CompanionOptions): Promise<Companion> {
  const { dataDir, log, now } = options;
  const { ledger, checkpoints } = await openAudit(options);
  const place: Place = { console: undefined };
  const anchors = anchorsOf(options, ledger);
  const incidents = incidentsOf(options, anchors, place);
  const observer = createObserver({ ...options.observe, dataDir: dataDir.path, log, now });
  const unguarded = createUnguardedAgents({ now });
  const runs = createRunFinder(dataDir.path);
  const control = controlOf(options, { ledger, incidents, observer, unguarded });
  const journal = openJournal(options);
  const pipeline = pipelineOf(options, {
    ledger,
    incidents,
    observer,
    unguarded,
    control,
    journal,
    runs,
  });
  observer.watch({ pipeline, journal, control });
  return connectedCompanion(options, {
    ledger,
    checkpoints,
    anchors,
    incidents,
    control,
    pipeline,
    observer,
    runs,
    place,
  });
}

/** The audit log, and who sends its checkpoints away. */
async function openAudit({
  dataDir,
  now,
  log,
  audit = {},
}: CompanionOptions): Promise<Pick<CompanionParts, 'ledger' | 'checkpoints'>> {
  const { checkpointsTo: target } = audit;
  const checkpoints =
    target === undefined
      ? undefined
      : createCheckpointSender({ target, dataDir: dataDir.path, log });
  const ledger = await openAuditLedger({
    dataDir: dataDir.path,
    now,
    settings: audit,
    onCheckpoint: (checkpoint) => checkpoints?.send(checkpoint),
    onProblem: (message) => log('error', `audit log: ${message}`),
  });
  return { ledger, checkpoints };
}

function openJournal({ dataDir, log, journal }: CompanionOptions): Journal {
  return createJournal({
    dir: path.join(dataDir.path, 'journal'),
    ...journal,
    onProblem: (problem) => log('warn', `journal: ${JSON.stringify(problem)}`),
  });
}

/** Tells of work that nobody waits for and that failed. */
function teller({ log }: CompanionOptions): (what: string, work: Promise<unknown>) => void {
  return (what, work) => {
    work.catch((error: unknown) => log('error', `${what}: ${reasonOf(error)}`));
  };
}

function anchorsOf({ log }: CompanionOptions, ledger: Ledger): IncidentAnchors {
  return createIncidentAnchors({
    append: (entry) => ledger.append(entry),
    onProblem: (error) => log('error', `an incident was not anchored: ${reasonOf(error)}`),
  });
}

function incidentsOf(options: CompanionOptions, anchors: IncidentAnchors, place: Place): Incidents {
  const { dataDir, now, log, destinations } = options;
  return createIncidents({
    dataDir: dataDir.path,
    now,
    randomId: () => randomUUID().replaceAll('-', '').slice(0, 12),
    destinations,
    log,
    assurance: 'token',
    onEvent: anchors.noted,
    consoleUrl: () => place.console,
  });
}

/** What is there before the control plane is. */
interface Before {
  readonly ledger: Ledger;
  readonly incidents: Incidents;
  readonly observer: Observer;
  readonly unguarded: UnguardedAgents;
}

function controlOf(options: CompanionOptions, before: Before): ControlPlane {
  const { dataDir, token, now, log, allowedHosts, readPolicyKeys, access } = options;
  const { ledger, incidents, observer, unguarded } = before;
  const told = teller(options);
  const control: ControlPlane = createControlPlane({
    dataDir: dataDir.path,
    ledger,
    token,
    now,
    randomId: randomUUID,
    log,
    ...(allowedHosts === undefined ? {} : { allowedHosts }),
    ...(readPolicyKeys === undefined ? {} : { readPolicyKeys }),
    ...(access === undefined
      ? {}
      : { separateDuties: access.separateDuties, rateLimits: access.rateLimits }),
    unguardedAgents: () => unguarded.list(() => control.instances()),
    onContainment: ({ containment }) =>
      told('a containment was not linked', incidents.linkContainment(containment)),
    onOverride: (override, isNew) => {
      if (isNew) observer.overridden(override);
      told('an override was not linked', incidents.linkOverride(override));
    },
    onDecision: (decision) => observer.decided(decision),
    onRefused: (refusal) => observer.refused(refusal),
  });
  return control;
}

function pipelineOf(
  options: CompanionOptions,
  before: Before & {
    readonly control: ControlPlane;
    readonly journal: Journal;
    readonly runs: RunFinder;
  },
): Pipeline {
  const { dataDir, now, log } = options;
  const { ledger, incidents, observer, unguarded, control, journal, runs } = before;
  return createPipeline({
    dataDir: dataDir.path,
    journal,
    config: options.exporter,
    date: now,
    // What is not noted is not deleted.
    onRemove: async (removal) => {
      await ledger.append(removalEntry(removal, now()));
    },
    onJudged: (judged) => {
      observer.judged(judged);
      unguarded.judged(judged);
    },
    onDecided: (run) => observer.ended(run),
    onFinding: async (finding) => {
      if (!isDrillAtWork(finding, control.state().containments))
        await incidents.addFinding(finding);
      options.onFinding?.(finding);
    },
    onRun: async (written) => {
      observer.written(written);
      unguarded.written(written);
      runs.written(written);
      await incidents.linkRun(written);
      options.onRun?.(written);
    },
    log: ({ level, message, cause }) =>
      log(level, cause === undefined ? message : `${message}: ${reasonOf(cause)}`),
  });
}

import type { IncomingMessage, ServerResponse } from 'node:http';

import {
  incidentsOf,
  parsePagePath,
  renderIncidentPage,
  renderIncidentsPage,
  renderProblemPage,
  renderTrajectoryPage,
  trajectoryPath,
  type Page,
  type PageProblem,
  type PageRequest,
} from '@aftertrace/console';
import type { ControlPlane, PageAdmission } from '@aftertrace/control';
import type { Incidents } from '@aftertrace/incidents';

import type { RunFinder } from './find-runs.ts';
import { noteRefusal } from './note-refusal.ts';

/** What the pages are made from. */
export interface PageParts {
  readonly control: Pick<ControlPlane, 'enterPage' | 'containments' | 'noteRefusal'>;
  readonly incidents: Pick<Incidents, 'list' | 'get'>;
  readonly runs: Pick<RunFinder, 'byId' | 'byTrace'>;
}

/** Answers requests for pages; `false`: it is none. */
export type AnswerPage = (request: IncomingMessage, response: ServerResponse) => Promise<boolean>;

/** A page for people, and the same for programs. */
interface Shown {
  readonly page: () => Page;
  readonly data: unknown;
}

/** What is sent: something to show, a way to where it is, or why there is nothing. */
type Found =
  | ({ readonly kind: 'shown' } & Shown)
  | { readonly kind: 'elsewhere'; readonly path: string }
  | { readonly kind: 'problem'; readonly problem: PageProblem };

/** The console's pages of one run and one incident: read-only, behind a token, from records. */
export function createConsolePages(parts: PageParts): AnswerPage {
  const { control } = parts;
  return async (request, response) => {
    const wanted = parsePagePath(request.url ?? '');
    if (wanted === undefined) return false;
    const admission = await control.enterPage(request);
    if (!admission.ok) {
      for (const [name, value] of Object.entries(admission.headers))
        response.setHeader(name, value);
      sendProblem(request, response, problemOf(admission));
      return true;
    }
    const { value: caller } = admission;
    response.once('finish', () => noteRefusal(control, { request, response, caller }));
    const left = new AbortController();
    response.once('close', () => left.abort());
    const found = await find(parts, wanted, left.signal);
    if (found.kind === 'problem') sendProblem(request, response, found.problem);
    else if (found.kind === 'shown') send(request, response, found);
    else response.writeHead(302, { location: found.path, 'cache-control': 'no-store' }).end();
    return true;
  };
}

async function find(parts: PageParts, wanted: PageRequest, signal: AbortSignal): Promise<Found> {
  switch (wanted.kind) {
    case 'trajectory':
      return oneRun(parts, wanted);
    case 'trace':
      return runOfTrace(parts, wanted.traceId, signal);
    case 'incident':
      return oneIncident(parts, wanted);
    case 'incidents':
      return allIncidents(parts, wanted);
    case 'nothing':
      return missing('There is no such page', [
        'A run has `/trajectories/TRAJECTORY_ID`, or `/trajectories?trace=TRACE_ID`.',
        'An incident has `/incidents/INCIDENT_ID`; `/incidents` lists them.',
        'What runs there are: `aftertrace trajectories list`.',
      ]);
  }
}

async function oneRun(
  { incidents, runs }: PageParts,
  { id, isWhole }: Extract<PageRequest, { kind: 'trajectory' }>,
): Promise<Found> {
  const written = await runs.byId(id);
  if (written === undefined) return missing('There is no such run', RUN_ADVICE);
  const linked = incidentsOf(written.trajectory, incidents.list());
  return {
    kind: 'shown',
    data: written.trajectory,
    page: () => renderTrajectoryPage({ written, incidents: linked, isWhole }),
  };
}

async function runOfTrace(
  { runs }: PageParts,
  traceId: string,
  signal: AbortSignal,
): Promise<Found> {
  const traced = await runs.byTrace(traceId, signal);
  if (traced.kind === 'found')
    return { kind: 'elsewhere', path: trajectoryPath(traced.trajectoryId) };
  if (traced.kind === 'none') return missing('No recorded run has this trace', RUN_ADVICE);
  const problem = {
    status: 503,
    title: 'Somebody else is looking through all recorded runs',
    advice: ['Load this page again in a moment.'],
  };
  return { kind: 'problem', problem };
}

const RUN_ADVICE = [
  'A run that is still going has no line yet: load this page again when it has ended.',
  'It may have been erased, or let go by retention or sampling.',
  'What there is: `aftertrace trajectories list`.',
];

async function oneIncident(
  { control, incidents }: PageParts,
  { id, isWhole }: Extract<PageRequest, { kind: 'incident' }>,
): Promise<Found> {
  const incident = incidents.get(id);
  if (incident === undefined) {
    return missing('There is no such incident', [
      'What there is: `/incidents`, or `aftertrace incidents list`.',
    ]);
  }
  const linked = new Set(incident.containments);
  const containments = (await control.containments()).filter(({ containment }) =>
    linked.has(containment.id),
  );
  return {
    kind: 'shown',
    data: incident,
    page: () => renderIncidentPage({ incident, containments, isWhole }),
  };
}

function allIncidents(
  { incidents }: PageParts,
  { kind: _kind, isWhole, ...filter }: Extract<PageRequest, { kind: 'incidents' }>,
): Found {
  const { agent } = filter;
  const found = incidents.list({ agent });
  return {
    kind: 'shown',
    data: {
      incidents: found
        .filter(({ tool }) => filter.tool === undefined || tool === filter.tool)
        .map(({ events: _events, evidence: _evidence, ...summary }) => summary),
    },
    page: () => renderIncidentsPage({ incidents: found, filter, isWhole }),
  };
}

function missing(title: string, advice: readonly string[]): Found {
  return { kind: 'problem', problem: { status: 404, title, advice } };
}

function problemOf({ error, status }: Extract<PageAdmission, { ok: false }>): PageProblem {
  const advice =
    status === 401
      ? [
          'Any user name will do; the password is a token of the role responder or admin.',
          "The companion's own user has one in the file `token` of the data directory; others are made with `aftertrace token create --role responder`.",
        ]
      : status === 403
        ? ['To show another token, open this page in a private window.']
        : [];
  return { status, title: error.message, advice };
}

function sendProblem(
  request: IncomingMessage,
  response: ServerResponse,
  problem: PageProblem,
): void {
  const { status, title: message, advice } = problem;
  const page = renderProblemPage(problem);
  send(request, response, { page: () => page, data: { error: { message, advice } } }, status);
}

function send(
  request: IncomingMessage,
  response: ServerResponse,
  { page, data }: Shown,
  status = 200,
): void {
  if (wantsJson(request)) {
    const text = JSON.stringify(data);
    response.writeHead(status, {
      'content-type': 'application/json; charset=utf-8',
      'content-length': Buffer.byteLength(text),
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      vary: 'accept',
    });
    response.end(text);
    return;
  }
  const { body, headers } = page();
  response.writeHead(status, {
    ...headers,
    'content-length': Buffer.byteLength(body),
    vary: 'accept',
  });
  response.end(body);
}

/** Programs say so; browsers ask for HTML, and what says nothing gets it too. */
function wantsJson({ headers: { accept = '' } }: IncomingMessage): boolean {
  return /\bapplication\/json\b/.test(accept) && !/\btext\/html\b/.test(accept);
}

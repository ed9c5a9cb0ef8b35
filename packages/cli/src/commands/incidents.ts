import { readIncidents, INCIDENTS_PATH } from '@aftertrace/incidents';
import type { Incident, IncidentEvent } from '@aftertrace/schema';
import { IncidentState } from '@aftertrace/schema';

import { requireActor } from '../actor.ts';
import { callCompanion } from '../call-companion.ts';
import { CommandError, ExitCode } from '../exit-code.ts';
import { requireData } from '../require-data.ts';
import type { Output } from '../terminal/output.ts';
import { sanitize } from '../terminal/sanitize.ts';
import { renderTable } from '../terminal/table.ts';

interface DataOptions {
  readonly data: string;
  readonly json: boolean;
}

/** `aftertrace incidents list`: reads the files, so it works with and without a running companion. */
export async function listIncidents(
  options: DataOptions & { readonly state?: readonly string[] },
  output: Output,
): Promise<ExitCode> {
  const states = (options.state ?? []).map(toState);
  const { incidents, problems, watched } = await readIncidents(await requireData(options.data));
  const shown = incidents
    .filter(({ state }) => states.length === 0 || states.includes(state))
    .toSorted((a, b) => b.lastSeen.localeCompare(a.lastSeen));
  for (const problem of problems)
    output.err(`incidents.jsonl line ${problem.line}: ${problem.message}`);
  if (options.json) {
    output.out(
      JSON.stringify(shown.map(({ events: _events, evidence: _evidence, ...rest }) => rest)),
    );
  } else if (shown.length === 0) {
    const { findings, fingerprints } = watched;
    output.out(
      findings === 0
        ? 'no incidents'
        : `no incidents; under watch: ${findings} findings of ${fingerprints} kinds, too few or too mild to open one`,
    );
  } else {
    const rows = shown.map((incident) => [
      incident.id,
      incident.severity,
      incident.state,
      String(incident.count),
      incident.lastSeen.slice(0, 19).replace('T', ' '),
      incident.title,
    ]);
    output.out(
      renderTable(['INCIDENT', 'SEV', 'STATE', 'COUNT', 'LAST SEEN (UTC)', 'TITLE'], rows, {
        maxColumnChars: 80,
      }),
    );
  }
  return problems.length === 0 ? ExitCode.OK : ExitCode.FAILED;
}

/** `aftertrace incidents show ID` */
export async function showIncident(
  id: string,
  options: DataOptions,
  output: Output,
): Promise<ExitCode> {
  const { incidents } = await readIncidents(await requireData(options.data));
  const incident = incidents.find((candidate) => candidate.id === id);
  if (incident === undefined) {
    throw new CommandError(
      `there is no incident ${sanitize(id)} in ${options.data}; "aftertrace incidents" lists them`,
    );
  }
  output.out(options.json ? JSON.stringify(incident) : render(incident));
  return ExitCode.OK;
}

function render(incident: Incident): string {
  const fields: (readonly [string, string])[] = [
    ['incident', incident.id],
    ['title', incident.title],
    ['state', `${incident.state}, ${incident.severity}`],
    ['agent', [incident.agent, incident.tool].filter((part) => part !== undefined).join(' / ')],
    ['seen', `${incident.count} findings, ${incident.firstSeen} to ${incident.lastSeen}`],
    [
      'detected by',
      `${incident.detectedBy.detector} ${incident.detectedBy.version} ${incident.detectedBy.rule ?? ''}`,
    ],
    ['runs', String(incident.runs.length)],
    ['contained by', incident.containments.join(', ') || 'nothing'],
    ['overrides', incident.overrides.join(', ') || 'none'],
    [
      'told',
      Object.entries(incident.destinations)
        .map(([name, { lastStatus }]) => `${name}: ${lastStatus}`)
        .join(', ') || 'nobody',
    ],
  ];
  const head = fields.map(([name, value]) => `${name.padEnd(13)} ${sanitize(value, 300)}`);
  const rows = incident.events
    .slice(-20)
    .map((event) => [event.at.slice(0, 23), event.type, describe(event), event.actor.id]);
  const more =
    incident.events.length > 20
      ? [`(the last 20 of ${incident.events.length} events; --json has all)`]
      : [];
  return [
    ...head,
    '',
    renderTable(['AT (UTC)', 'EVENT', 'WHAT', 'BY'], rows, { maxColumnChars: 90 }),
    ...more,
  ].join('\n');
}

function describe(event: IncidentEvent): string {
  if (event.to !== undefined)
    return `${event.from ?? 'new'} -> ${event.to}${event.reason === undefined ? '' : `: ${event.reason}`}`;
  if (event.reason !== undefined) return event.reason;
  const { finding, ...data } = event.data;
  if (typeof finding === 'object' && finding !== null && 'summary' in finding)
    return String(finding.summary);
  return Object.values(data)
    .filter((value) => typeof value === 'string')
    .join(' ');
}

/** `aftertrace incidents move ID STATE`: a person moves an incident; goes through the companion, which checks it. */
export async function moveIncident(
  input: {
    readonly id: string;
    readonly state: string;
    readonly actor?: string;
    readonly reason: string;
    readonly data?: string;
    readonly signOff?: 'verified' | 'risk_accepted';
  },
  output: Output,
): Promise<ExitCode> {
  const actor = requireActor(input.actor);
  const to = toState(input.state);
  const signOff =
    input.signOff === undefined ? {} : { signOff: { by: actor.id, actions: input.signOff } };
  const path = `${INCIDENTS_PATH}/${encodeURIComponent(input.id)}/transitions`;
  await callCompanion(path, { to, actor, reason: input.reason, ...signOff }, input.data);
  output.out(`${sanitize(input.id)} is now ${to}`);
  return ExitCode.OK;
}

function toState(text: string): IncidentState {
  const state = IncidentState.safeParse(text);
  if (state.success) return state.data;
  throw new CommandError(
    `there is no state ${sanitize(text)}; there are ${IncidentState.options.join(', ')}`,
    {
      exitCode: ExitCode.USAGE,
    },
  );
}

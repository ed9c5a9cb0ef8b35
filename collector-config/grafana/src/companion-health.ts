import type * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';

import { toAllAgents, toAllIncidents, toAllRuns, Uid } from './links.ts';
import { newDashboard } from './new-dashboard.ts';
import { lines, number, type Panel } from './panels.ts';
import { RATE } from './queries.ts';
import { companionVariable } from './variables.ts';

const OWN = 'aftertrace_companion_';
const rate = (metric: string): string => `rate(${metric}[${RATE}])`;
const own = (name: string): string => `${OWN}${name}`;
const TO_COMPANION = 'exporter=~"otlp_?http/companion"';
/** A gateway's queue to its instances as well, which stands before that. */
const ON_THE_WAY = 'exporter=~"otlp_?http/companion|load_?balancing/whole"';
/** The Collector's own counters end on `_total` or do not, as its telemetry is configured. */
const collectorCounter = (name: string, by: string): string =>
  `{__name__=~"otelcol_${name}(_total)?",${by}}`;

/** Each is asked for by itself: a rate over several names fails where two of them have the same labels. */
const LOST_COUNTERS = [
  'exporter_enqueue_failed_spans',
  'exporter_enqueue_failed_log_records',
  'exporter_send_failed_spans',
  'exporter_send_failed_log_records',
];
const REFUSED_COUNTERS = [
  'receiver_refused_spans',
  'receiver_refused_log_records',
  'receiver_failed_spans',
  'receiver_failed_log_records',
];
const perSecond = (counters: readonly string[], by: string): string =>
  counters.map((name) => `(sum(${rate(collectorCounter(name, by))}) or vector(0))`).join(' + ');

/** Whether the companion keeps up, and what stands between it and its agents. */
export function companionHealth(): dashboard.DashboardBuilder {
  return newDashboard({
    uid: Uid.COMPANION,
    title: 'Aftertrace / Companion health',
    description: 'Whether the companion and the Collector before it keep up, and what they lose.',
    variables: [companionVariable()],
    panels: [...totals(), ...intake(), ...backlog(), ...disk(), ...collector()],
  });
}

/** Now, in six numbers. */
function totals(): readonly Panel[] {
  return [
    number({
      title: 'Ready',
      links: [toAllIncidents()],
      description: '1 while /readyz says yes: the disk takes what comes.',
      width: 4,
      expr: `min(${own('ready')})`,
    }),
    number({
      title: 'Spans a second',
      links: [toAllAgents()],
      description: 'Taken in.',
      width: 4,
      expr: `sum(${rate(own('spans_total'))})`,
    }),
    number({
      title: 'Oldest run that waits',
      links: [toAllRuns()],
      description:
        'How long a run that has ended waits for its line. Rising: the companion falls behind.',
      unit: 's',
      width: 4,
      expr: `max(${own('runs_waiting_age_seconds')})`,
      limits: { warnAt: 10, badAt: 60 },
    }),
    number({
      title: 'Room on the disk',
      description: 'Left on the file system of the data directory.',
      unit: 'bytes',
      width: 4,
      expr: `min(${own('disk_available_bytes')})`,
    }),
    number({
      title: 'Collector queue',
      description:
        'How full the Collector’s queue to the companion is, or a gateway’s to its instances.',
      unit: 'percentunit',
      width: 4,
      expr: `max(otelcol_exporter_queue_size{${ON_THE_WAY}} / otelcol_exporter_queue_capacity{${ON_THE_WAY}})`,
      limits: { warnAt: 0.5, badAt: 0.8 },
    }),
    number({
      title: 'Trajectories',
      links: [toAllRuns(), toAllIncidents()],
      description: 'Known to the companion.',
      width: 4,
      expr: `sum(${own('trajectories')})`,
    }),
  ];
}

/** What comes in. */
function intake(): readonly Panel[] {
  return [
    lines({
      title: 'Requests by answer',
      description: '"unavailable" comes again, "refused" does not: the sender did something wrong.',
      unit: 'reqps',
      width: 8,
      stacked: true,
      queries: [{ expr: `sum by (result) (${rate(own('requests_total'))})`, legend: '{{result}}' }],
    }),
    lines({
      title: 'Time to an answer',
      description: 'From a whole request to its answer: it is on disk then.',
      unit: 's',
      width: 8,
      queries: [0.5, 0.99].map((of) => ({
        expr: `histogram_quantile(${of}, sum by (le) (${rate(own('accept_duration_seconds_bucket'))}))`,
        legend: `p${of * 100}`,
      })),
    }),
    lines({
      title: 'Spans and events',
      links: [toAllAgents()],
      description: 'Taken in, and what became part of no run.',
      unit: 'cps',
      width: 8,
      queries: [
        { expr: `sum(${rate(own('spans_total'))})`, legend: 'spans' },
        { expr: `sum(${rate(own('events_total'))})`, legend: 'events' },
        {
          expr: `sum by (reason) (${rate(own('records_dropped_total'))})`,
          legend: 'left out: {{reason}}',
        },
      ],
    }),
  ];
}

/** What waits to be written. */
function backlog(): readonly Panel[] {
  return [
    lines({
      title: 'Runs that wait',
      links: [toAllRuns()],
      description: 'Ended and not written.',
      width: 8,
      queries: [
        { expr: own('runs_waiting'), legend: 'waiting' },
        { expr: own('runs_open'), legend: 'open' },
      ],
    }),
    lines({
      title: 'Backpressure',
      description: 'Answers held up come first, refusals (503, they come again) after.',
      unit: 'reqps',
      width: 8,
      queries: [
        { expr: rate(own('backpressure_held_up_total')), legend: 'held up' },
        { expr: rate(own('backpressure_unavailable_total')), legend: 'refused' },
      ],
    }),
    lines({
      title: 'Lines',
      links: [toAllRuns(), toAllIncidents()],
      description: 'Runs given to the files, and those that never came there.',
      unit: 'cps',
      width: 8,
      queries: [
        { expr: `sum by (result) (${rate(own('lines_total'))})`, legend: '{{result}}' },
        { expr: `sum(${rate(own('runs_sampled_out_total'))})`, legend: 'sampled out' },
        { expr: `sum(${rate(own('runs_failed_total'))})`, legend: 'could not be put together' },
        { expr: `sum(${rate(own('runs_evicted_total'))})`, legend: 'written early' },
      ],
    }),
  ];
}

/** Journal, disk and memory. */
function disk(): readonly Panel[] {
  return [
    lines({
      title: 'Journal and disk',
      description:
        'Bytes of requests that are not yet lines, those that wait for the disk, and the room that is left.',
      unit: 'bytes',
      width: 8,
      queries: [
        { expr: own('journal_size_bytes'), legend: 'journal' },
        { expr: own('journal_queued_bytes'), legend: 'waits for the disk' },
        { expr: own('disk_available_bytes'), legend: 'room' },
      ],
    }),
    lines({
      title: 'Refused by the disk',
      description: 'Requests that the journal refused, and writes or syncs that failed.',
      unit: 'cps',
      width: 8,
      queries: [
        { expr: rate(own('journal_refused_total')), legend: 'refused' },
        { expr: rate(own('journal_failures_total')), legend: 'failures' },
      ],
    }),
    lines({
      title: 'Memory',
      description: 'Resident, and the parts of it that grow with load.',
      unit: 'bytes',
      width: 8,
      queries: [
        { expr: own('process_memory_bytes'), legend: 'process' },
        { expr: own('memory_held_bytes'), legend: 'bodies' },
        { expr: own('memory_known_bytes'), legend: 'index of lines' },
        { expr: own('runs_open_size_bytes'), legend: 'open runs' },
      ],
    }),
  ];
}

/** What stands before the companion. */
function collector(): readonly Panel[] {
  return [
    lines({
      title: 'Collector: queues on the way to the companion',
      description:
        'Size and capacity in what a queue is measured in: requests, items or bytes. A gateway has one to its instances before the one to the companion.',
      width: 12,
      queries: [
        {
          expr: `otelcol_exporter_queue_size{${ON_THE_WAY}}`,
          legend: '{{exporter}} {{data_type}} size',
        },
        {
          expr: `otelcol_exporter_queue_capacity{${ON_THE_WAY}}`,
          legend: '{{exporter}} {{data_type}} capacity',
        },
      ],
    }),
    lines({
      title: 'Collector: sent, refused and lost',
      description:
        'Spans and events that the Collector handed to the companion. What it refused senders send again for a while; what it could not put into a queue is lost.',
      unit: 'cps',
      width: 12,
      queries: [
        {
          expr: `sum(${rate(collectorCounter('exporter_sent_spans', TO_COMPANION))})`,
          legend: 'spans',
        },
        {
          expr: `sum(${rate(collectorCounter('exporter_sent_log_records', TO_COMPANION))})`,
          legend: 'events',
        },
        { expr: perSecond(REFUSED_COUNTERS, 'receiver=~"otlp(/.+)?"'), legend: 'refused' },
        { expr: perSecond(LOST_COUNTERS, ON_THE_WAY), legend: 'lost or refused for good' },
      ],
    }),
  ];
}

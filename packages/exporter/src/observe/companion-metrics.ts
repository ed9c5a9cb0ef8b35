import type { JournalStats } from '../journal/journal.ts';
import type { OtlpSenderStats } from '../emit/otlp-sender.ts';
import type { PipelineStats } from '../pipeline-api.ts';
import type { ReceiverStats } from '../receive/intake.ts';
import type { Metric, MetricAttributes, NumberPoint } from './metric.ts';

/** What the metrics of a companion are read from; what is absent has no metrics. */
export interface CompanionState {
  readonly pipeline: PipelineStats;
  readonly journal?: JournalStats | undefined;
  readonly receiver?: ReceiverStats | undefined;
  /** Senders by what they are for, for example `emit`. */
  readonly senders?: ReadonlyMap<string, OtlpSenderStats> | undefined;
  readonly disk?: DiskState | undefined;
  readonly isReady: boolean;
}

/** What the disk says. */
export interface DiskState {
  /** Of the file system on which the data directory lies; left to processes like this one. */
  readonly availableBytes: number;
  readonly journalBytes: number;
}

const PREFIX = 'aftertrace.companion';

/** A metric of one number, or of several told apart by one attribute. */
type Row = readonly [
  name: string,
  unit: string,
  description: string,
  value: number | { readonly by: string; readonly values: Readonly<Record<string, number>> },
];

/** The companion's own metrics as they stand. The names are listed in docs/reference/metrics.md. */
export function companionMetrics(state: CompanionState): readonly Metric[] {
  return [
    ...counters(state).map((row) => metricOf('counter', row)),
    ...gauges(state).map((row) => metricOf('gauge', row)),
  ];
}

function metricOf(kind: 'counter' | 'gauge', [name, unit, description, value]: Row): Metric {
  return { name: `${PREFIX}.${name}`, unit, description, kind, points: pointsOf(value) };
}

function pointsOf(value: Row[3]): readonly NumberPoint[] {
  if (typeof value === 'number') return [{ attributes: {}, value }];
  return Object.entries(value.values).map(([key, count]) => ({
    attributes: { [value.by]: key } satisfies MetricAttributes,
    value: count,
  }));
}

function counters({ pipeline, journal, receiver, senders }: CompanionState): readonly Row[] {
  const { assembly, store } = pipeline;
  const { accepted = 0, refused = 0, unavailable = 0, aborted = 0 } = receiver ?? {};
  const results = { accepted, refused, unavailable, aborted };
  const lines = { written: store.written, unchanged: store.unchanged, fragment: store.fragments };
  const records = {
    rejected: pipeline.rejected,
    refused: assembly.refused,
    duplicate: assembly.duplicates,
    late: assembly.late,
    own: pipeline.ownRecords,
  };
  return [
    [
      'requests',
      '{request}',
      'Requests of senders, by what was answered.',
      { by: 'result', values: results },
    ],
    ['spans', '{span}', 'Spans taken in.', pipeline.spans],
    ['events', '{event}', 'Log events taken in.', pipeline.events],
    [
      'records.dropped',
      '{record}',
      'Spans and events that became part of no run, by why.',
      { by: 'reason', values: records },
    ],
    ['findings', '{finding}', 'Findings made.', pipeline.findings],
    [
      'lines',
      '{line}',
      'Runs given to the files, by what became of them.',
      { by: 'result', values: lines },
    ],
    ['runs.sampled_out', '{run}', 'Runs that sampling dropped.', pipeline.sampledOut],
    ['runs.failed', '{run}', 'Runs that could not be put together.', pipeline.failedRuns],
    ['runs.evicted', '{run}', 'Runs written early for lack of room.', assembly.evicted],
    [
      'backpressure.held_up',
      '{request}',
      'Requests whose answer waited until runs were written.',
      pipeline.heldUp,
    ],
    [
      'backpressure.unavailable',
      '{request}',
      'Requests refused with 503 by the pipeline: disk, backlog, shutdown.',
      pipeline.unavailable,
    ],
    ...(journal === undefined ? [] : journalCounters(journal)),
    ...[...(senders ?? [])].flatMap(([purpose, stats]) => senderCounters(purpose, stats)),
  ];
}

function journalCounters(journal: JournalStats): readonly Row[] {
  return [
    ['journal.appends', '{record}', 'Requests that are on disk.', journal.appended],
    ['journal.refused', '{record}', 'Requests that the journal refused.', journal.refused],
    [
      'journal.failures',
      '{failure}',
      'Writes and syncs that failed; each gives a segment up.',
      journal.abandonedSegments,
    ],
  ];
}

function senderCounters(purpose: string, { sent, dropped }: OtlpSenderStats): readonly Row[] {
  return [
    [
      `${purpose}.records`,
      '{record}',
      'Records of ours by what became of them.',
      { by: 'result', values: { sent, dropped } },
    ],
  ];
}

function gauges(state: CompanionState): readonly Row[] {
  const { pipeline, journal, receiver, senders, disk, isReady } = state;
  const { assembly, store } = pipeline;
  return [
    ['ready', '1', '1 while /readyz says yes.', isReady ? 1 : 0],
    [
      'runs.open',
      '{run}',
      'Traces of which something is not decided yet.',
      assembly.openGroups - assembly.toldGroups,
    ],
    [
      'records.open',
      '{record}',
      'Spans and events of open runs, and of those that wait for late spans.',
      assembly.openRecords,
    ],
    ['runs.open.size', 'By', 'Telemetry of the same, in memory or on disk.', assembly.openBytes],
    ['memory.held', 'By', 'Bodies of requests in memory.', pipeline.memoryBytes],
    ['memory.known', 'By', 'Memory that knowing the lines takes.', store.knownBytes],
    ['runs.waiting', '{run}', 'Runs that wait to be written.', pipeline.waiting],
    [
      'runs.waiting.age',
      's',
      'How long the oldest of them has waited.',
      pipeline.oldestWaitingMillis / 1000,
    ],
    ['trajectories', '{trajectory}', 'Trajectories known.', store.trajectories],
    ['lines.broken', '{line}', 'Lines found at the start that are none.', store.brokenLines],
    ...(receiver === undefined
      ? []
      : [row('receiver.in_flight', 'By', 'Bodies being received.', receiver.bytesInFlight)]),
    ...(journal === undefined
      ? []
      : [
          row('journal.segments', '{segment}', 'Segments on disk.', journal.segments),
          row('journal.queued', 'By', 'Bytes that wait for the disk.', journal.queuedBytes),
        ]),
    ...(disk === undefined
      ? []
      : [
          row('journal.size', 'By', 'Bytes of the journal on disk.', disk.journalBytes),
          row('disk.available', 'By', 'Room on the disk of the data.', disk.availableBytes),
        ]),
    ...[...(senders ?? [])].map(([purpose, stats]) =>
      row(`${purpose}.queued`, 'By', 'Bytes that wait to be sent.', stats.queuedBytes),
    ),
    row('process.memory', 'By', 'Resident memory of the companion.', process.memoryUsage.rss()),
  ];
}

function row(name: string, unit: string, description: string, value: number): Row {
  return [name, unit, description, value];
}

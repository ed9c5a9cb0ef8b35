import { randomBytes } from 'node:crypto';
import path from 'node:path';

import {
  readLock,
  readRecording,
  type RecordedRequest,
  type RecordingProblem,
} from '@aftertrace/exporter';
import type { WrittenTrajectory } from '@aftertrace/schema';

import { companionFetch } from '../companion-fetch.ts';
import type { Companion } from '../companion/companion.ts';
import { createCompanion } from '../companion/create-companion.ts';
import { openOwnDataDir } from '../companion/data-dir.ts';
import { postOtlp } from '../companion/post-otlp.ts';
import { settingsOf } from '../companion/settings.ts';
import type { CompanionConfig } from '../config/companion-config.ts';
import type { ConfigFlags } from '../config/flag-layer.ts';
import { loadConfig } from '../config/load-config.ts';
import { CommandError, ExitCode } from '../exit-code.ts';
import type { Output } from '../terminal/output.ts';
import { createLog } from '../terminal/progress-log.ts';
import { sanitize } from '../terminal/sanitize.ts';

/** Where the recordings go: into our own pipeline, or through the companion that has the directory open. */
interface Sink {
  /** @throws Error where the request was not taken. */
  readonly send: (request: RecordedRequest) => Promise<void>;
  /** Runs written since the last call; undefined where the companion writes them in its own time. */
  readonly written: () => Promise<readonly WrittenTrajectory[] | undefined>;
  readonly close: () => Promise<void>;
}

/** What became of one file. */
type FileReport =
  | {
      readonly file: string;
      readonly ok: true;
      readonly requests: number;
      readonly spans: number;
      readonly logs: number;
      readonly notes: readonly string[];
      readonly lines?: readonly {
        readonly id: string;
        readonly file: string;
        readonly line: number;
      }[];
    }
  | { readonly file: string; readonly ok: false; readonly problem: string };

/** Options of `aftertrace ingest`. */
export interface IngestOptions {
  readonly json: boolean;
  /** Configuration file. */
  readonly config?: string;
  readonly flags: ConfigFlags;
  /** File of tool profiles, in the place of those of the configuration. */
  readonly profiles?: string;
}

/** `aftertrace ingest FILE…`: each file whole or not at all; a bad one does not keep the others out. */
export async function ingest(
  files: readonly string[],
  options: IngestOptions,
  output: Output,
): Promise<ExitCode> {
  const sink = await openSink(options, output);
  let failed = 0;
  try {
    for (const [index, file] of files.entries()) {
      if (files.length > 1) output.err(`${index + 1}/${files.length} ${sanitize(file)}`);
      const report = await ingestFile(file, sink);
      if (!report.ok) failed += 1;
      if (options.json) output.out(JSON.stringify(report));
      else if (report.ok) output.out(describe(report));
      else output.err(sanitize(report.problem, 500));
    }
  } finally {
    await sink.close();
  }
  return failed === 0 ? ExitCode.OK : ExitCode.FAILED;
}

async function ingestFile(file: string, sink: Sink): Promise<FileReport> {
  const recording = await readRecording(file);
  if (recording.kind === 'problem')
    return { file, ok: false, problem: describeProblem(recording.problem) };
  for (const request of recording.requests) await sink.send(request);
  const { requests, spans, logs, notes } = recording;
  const lines = (await sink.written())?.map(({ trajectory, file: in_, line }) => ({
    id: trajectory.trajectory_id,
    file: in_,
    line,
  }));
  return {
    file,
    ok: true,
    requests: requests.length,
    spans,
    logs,
    notes,
    ...(lines === undefined ? {} : { lines }),
  };
}

function describeProblem({ file, line, column, message }: RecordingProblem): string {
  const place = line === undefined ? '' : `:${line}${column === undefined ? '' : `:${column}`}`;
  return `${file}${place}: ${message}; nothing of this file was taken`;
}

function describe(report: Extract<FileReport, { ok: true }>): string {
  const { file, spans, logs, lines, notes } = report;
  const became =
    lines === undefined
      ? 'acknowledged by the running companion'
      : lines.length === 0
        ? 'nothing new'
        : `${lines.length} ${lines.length === 1 ? 'line' : 'lines'}: ${lines.map((line) => `${line.file}:${line.line}`).join(', ')}`;
  return [
    `${file}: ${spans} spans, ${logs} log records -> ${became}`,
    ...notes.map((note) => `  ${note}`),
  ]
    .map((line) => sanitize(line, 1000))
    .join('\n');
}

async function openSink(
  { config: file, flags, profiles }: IngestOptions,
  output: Output,
): Promise<Sink> {
  const config = await loadConfig({ file, flags, profiles });
  const { data: directory } = config;
  const owner = await readLock(path.resolve(directory));
  if (owner === undefined) return openOwnSink(config, output);
  const { data: _data, ...recording } = flags;
  const given = [file, profiles, ...Object.values(recording)].some((value) => value !== undefined);
  if (given) {
    throw new CommandError(
      `${directory} is open in process ${owner.pid}, which records and judges as it was told when it was started; leave all flags but --data out, or give them to "aftertrace serve"`,
    );
  }
  if (owner.otlp === undefined) {
    throw new CommandError(
      `${directory} is in use by process ${owner.pid}, which is not listening (yet); try again`,
    );
  }
  const { otlp, token } = owner;
  const to = { otlp, token, fetch: await companionFetch(owner.caFile) };
  output.err(`${directory} is open in process ${owner.pid}: sending through it`);
  return {
    send: (request) => postOtlp(to, request),
    written: () => Promise.resolve(undefined),
    close: () => Promise.resolve(),
  };
}

async function openOwnSink(config: CompanionConfig, output: Output): Promise<Sink> {
  const settings = await settingsOf(config);
  const dataDir = await openOwnDataDir(config.data);
  const fresh: WrittenTrajectory[] = [];
  let companion: Companion;
  try {
    companion = await createCompanion({
      dataDir,
      token: randomBytes(32).toString('base64url'),
      destinations: [],
      ...settings,
      log: createLog(output, Date.now),
      now: Date.now,
      onRun: (written) => fresh.push(written),
    });
    await companion.start();
  } catch (error) {
    await dataDir.close();
    throw error;
  }
  return {
    send: async (request) => {
      const result = await companion.pipeline.accept({
        ...request,
        encoding: 'json',
        receivedAt: Date.now(),
      });
      if (result.kind !== 'accepted') throw new CommandError(result.message);
    },
    written: async () => {
      await companion.pipeline.flush({ all: true });
      return fresh.splice(0);
    },
    close: async () => {
      await companion.shutdown(60_000);
      await dataDir.close();
    },
  };
}

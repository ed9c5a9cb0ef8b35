import { COMPANION_SCOPE_NAME, type Finding } from '@aftertrace/schema';

import { arrivalOf } from './assemble/arrived-span.ts';
import type { Assembler, ReadyRun } from './assemble/assembler.ts';
import type { HeldRequest, Requests } from './assemble/held-request.ts';
import { eventRecord, type SpanRecord } from './assemble/records.ts';
import type { DecodedRequest, ReadLogs } from './decode-request.ts';
import type { WireSpan } from './decode/wire-span.ts';
import { judgedSpan, type Judged } from './emit/judged.ts';
import type { Position } from './journal/group-commit.ts';
import { createFindingDesk, type FindingDesk } from './judge/finding-desk.ts';
import type { ToolJudge } from './judge/judge-tool-span.ts';
import type { RunWriter } from './run-writer.ts';
import type { RunSampling } from './sample/run-sampling.ts';
import type { BuiltRun } from './trajectory/build-trajectory.ts';

/** Where a request lies in the journal, and whether as the bytes that spans are read from. */
export interface Kept {
  readonly position: Position | undefined;
  readonly isOnDisk: boolean;
  /** Frees the body's memory. */
  readonly release: (() => void) | undefined;
}

export interface IntakeOptions {
  readonly requests: Requests;
  readonly assembler: Assembler;
  readonly toolJudge: ToolJudge;
  readonly sampling: RunSampling;
  readonly writer: RunWriter;
  /** Milliseconds of a clock that nobody sets. */
  readonly now: () => number;
  readonly onFinding: (finding: Finding) => void;
  /** Told what was judged of a tool call that did not say it itself. */
  readonly onJudged: ((judged: Judged) => void) | undefined;
}

export interface IntakeStats {
  readonly spans: number;
  readonly events: number;
  readonly findings: number;
  /** Log records that the companion itself wrote and that came back to it. */
  readonly ownRecords: number;
}

/** Takes what the journal has into open runs, and judges it as it comes. */
export interface Intake {
  take(request: DecodedRequest, kept: Kept): void;
  /** What is found only in a whole run. */
  takeRun(run: BuiltRun, ready: ReadyRun): void;
  /** What was found and has waited for its run for long enough; with `Infinity` all of it. */
  tellDue(at: number): void;
  stats(): IntakeStats;
}

export function createIntake(options: IntakeOptions): Intake {
  return new JudgingIntake(options);
}

class JudgingIntake implements Intake {
  readonly #options: IntakeOptions;
  readonly #desk: FindingDesk = createFindingDesk();
  readonly #counts = { spans: 0, events: 0, findings: 0, ownRecords: 0 };

  constructor(options: IntakeOptions) {
    this.#options = options;
  }

  take(request: DecodedRequest, { position: place, isOnDisk, release }: Kept): void {
    const { requests, now } = this.#options;
    const isTraces = request.signal === 'traces';
    // Events are held as they were read; their bytes are not needed again.
    const layout = isTraces ? request.layout : undefined;
    const held = requests.hold({ arrivedAt: now(), place, layout, isOnDisk, release });
    if (isTraces) {
      for (const span of request.spans) this.#takeSpan(span, held);
    } else {
      this.#takeLogs(request, held);
      release?.();
    }
    requests.told(held);
    requests.settle(held);
  }

  takeRun(run: BuiltRun, ready: ReadyRun): void {
    this.#tell(this.#desk.fromRun(run, ready.part.runId));
  }

  tellDue(at: number): void {
    this.#tell(this.#desk.due(at));
  }

  stats(): IntakeStats {
    return { ...this.#counts };
  }

  #takeSpan(wire: WireSpan, request: HeldRequest): void {
    this.#counts.spans += 1;
    const { toolJudge, assembler, writer } = this.#options;
    const { span, record } = arrivalOf(wire, toolJudge.ofSpan);
    if (record !== undefined) this.#hear(record, request.arrivedAt);
    const ready = assembler.addSpan(span, request);
    if (ready.length > 0) writer.add(ready);
  }

  /** What a span says that must be known before its run ends. */
  #hear(record: SpanRecord, at: number): void {
    const { sampling, onJudged } = this.#options;
    const { outcome, decision, override, note } = record;
    if (outcome !== undefined || decision !== undefined || override !== undefined) {
      const { findings, isEventful } = this.#desk.fromSpan(record, at);
      sampling.noteSpan(record, isEventful, at);
      this.#tell(findings);
    } else if (note !== undefined) sampling.noteSpan(record, false, at);
    if (outcome === undefined || onJudged === undefined) return;
    const judged = judgedSpan(record);
    if (judged !== undefined) onJudged(judged);
  }

  #takeLogs({ logs, body }: ReadLogs, request: HeldRequest): void {
    const { requests, assembler, toolJudge, sampling, writer } = this.#options;
    const arrival = {
      at: request.arrivedAt,
      bytes: Math.ceil(body.length / Math.max(1, logs.length)),
      origin: () => requests.origin(request),
    };
    for (const log of logs) {
      if (log.scope.name === COMPANION_SCOPE_NAME) {
        this.#counts.ownRecords += 1;
        continue;
      }
      const record = eventRecord(log, arrival, toolJudge);
      if (record === undefined) continue;
      this.#counts.events += 1;
      const findings = this.#desk.fromEvent(record);
      sampling.noteEvent(record, findings.length);
      this.#tell(findings);
      writer.add(assembler.addEvent(record));
    }
  }

  #tell(findings: readonly Finding[]): void {
    for (const finding of findings) {
      this.#counts.findings += 1;
      this.#options.onFinding(finding);
    }
  }
}

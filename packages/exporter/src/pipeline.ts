import { setTimeout as delay } from 'node:timers/promises';

import { createAssembler, type Assembler } from './assemble/assembler.ts';
import { createRequests, type Requests } from './assemble/held-request.ts';
import type { ReadBody } from './assemble/read-run.ts';
import { ExporterConfig } from './config.ts';
import { addConversations } from './conversations/compact-runs.ts';
import {
  createConversationLines,
  type ConversationLines,
} from './conversations/conversation-lines.ts';
import { decodeRequest, type DecodedRequest } from './decode-request.ts';
import { isExporterError } from './exporter-error.ts';
import { createErasedRuns, type ErasedRuns } from './files/erased-runs.ts';
import { freeMemory } from './free-memory.ts';
import { judgedInRun } from './emit/judged.ts';
import type { CompactionResult } from './files/compact-files.ts';
import {
  allErased,
  type ErasureOptions,
  type ErasureResult,
  type ErasureSelector,
} from './files/erase-trajectories.ts';
import { createToolJudge, type ToolJudge } from './judge/judge-tool-span.ts';
import { createIntake, type Intake } from './intake.ts';
import type { JournalRecord } from './journal/journal-record.ts';
import type { Position } from './journal/group-commit.ts';
import type { AcceptRequest, AcceptResult } from './receive/accept.ts';
import { createListeners, type Listeners } from './listeners.ts';
import { createPace, type Pace } from './pace.ts';
import { createRedactionPolicy, type RedactionPolicy } from './redact/redaction-policy.ts';
import { createRunSampling, type RunSampling } from './sample/run-sampling.ts';
import type { Pipeline, PipelineLog, PipelineOptions, PipelineStats } from './pipeline-api.ts';
import { createRunWriter, type RunWriter } from './run-writer.ts';
import { trajectoryInSteps } from './trajectory/build-trajectory.ts';
import { createTrajectoryStore } from './trajectory/trajectory-store.ts';
import type { StoreCompactionOptions, TrajectoryStore } from './trajectory/trajectory-store-api.ts';

/** @throws ZodError for a bad configuration */
export function createPipeline(options: PipelineOptions): Pipeline {
  return new CompanionPipeline(options);
}

const DEFAULT_DEADLINE_MILLIS = 10_000;
/** A refusal of the journal counts as a problem for so long: only another request can tell whether it still is one. */
const JOURNAL_PROBLEM_MILLIS = 5000;

class CompanionPipeline implements Pipeline {
  readonly #options: PipelineOptions;
  readonly #config: ExporterConfig;
  readonly #now: () => number;
  readonly #pace: Pace;
  readonly #erased: ErasedRuns;
  readonly #requests: Requests;
  readonly #toolJudge: ToolJudge;
  readonly #redaction: RedactionPolicy;
  readonly #assembler: Assembler;
  readonly #readBody: ReadBody;
  readonly #store: TrajectoryStore;
  readonly #conversations: ConversationLines | undefined;
  readonly #sampling: RunSampling;
  readonly #writer: RunWriter;
  readonly #listeners: Listeners;
  readonly #intake: Intake;
  #isReplayed = false;
  #journalRefusal: { readonly at: number; readonly message: string } | undefined;
  #started: Promise<void> | undefined;
  #stopped: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  readonly #counts = {
    requests: 0,
    malformed: 0,
    unavailable: 0,
    rejected: 0,
  };

  constructor(options: PipelineOptions) {
    this.#options = options;
    this.#config = ExporterConfig.parse(options.config ?? {});
    this.#toolJudge = createToolJudge(this.#config.toolProfiles);
    this.#redaction = createRedactionPolicy(this.#config.redaction);
    this.#now = options.now ?? (() => performance.now());
    this.#pace = createPace({ now: this.#now, isLate: () => this.#writer.isLate() });
    this.#erased = createErasedRuns(options.dataDir);
    const { journal } = options;
    const { assembly } = this.#config;
    this.#requests = createRequests({
      memoryBytes: assembly.memoryBytes,
      onSettled: ({ segment }) => journal?.release(segment),
    });
    const maxOpenBytes = journal === undefined ? assembly.memoryBytes : assembly.maxOpenBytes;
    this.#assembler = createAssembler({ ...assembly, maxOpenBytes }, this.#requests);
    this.#readBody = (place, start, target) =>
      journal === undefined
        ? Promise.reject(new Error('without a journal everything is in memory'))
        : journal.read(place, start, target);
    this.#store = createTrajectoryStore(options.dataDir, {
      config: this.#config.files,
      now: options.date ?? Date.now,
      pace: this.#pace,
      onRemove: (removal) => options.onRemove?.(removal),
      onProblem: (problem) => this.#log('error', 'files could not be looked after', problem),
    });
    this.#sampling = createRunSampling({
      dataDir: options.dataDir,
      config: this.#config.sampling,
      readBody: this.#readBody,
      date: options.date ?? Date.now,
      places: assembly.maxOpenGroups,
    });
    this.#conversations = this.#openConversations();
    this.#listeners = createListeners((problem, cause) => this.#log('error', problem, cause));
    this.#writer = this.#openWriter();
    this.#intake = this.#openIntake();
  }

  start(): Promise<void> {
    this.#started ??= this.#begin();
    return this.#started;
  }

  async accept(request: AcceptRequest): Promise<AcceptResult> {
    this.#counts.requests += 1;
    if (this.#started === undefined || this.#stopped !== undefined) {
      return this.#unavailable('the companion is not running');
    }
    if (this.#writer.isFull()) {
      return this.#unavailable('the disk does not take trajectories; send it again later');
    }
    await this.#writer.room();
    const decoded = decodeRequest(request);
    if (!decoded.ok) {
      request.release?.();
      this.#counts.malformed += 1;
      return { kind: 'bad_request', message: decoded.error.message };
    }
    // What came as JSON was written anew.
    const isAnew = decoded.value.encoding !== request.encoding;
    if (isAnew) request.release?.();
    const release = isAnew ? undefined : request.release;
    let position: Position | undefined;
    try {
      position = await this.#append(decoded.value, request.receivedAt);
    } catch (error) {
      if (!isExporterError(error)) throw error;
      release?.();
      this.#journalRefusal = { at: this.#now(), message: error.message };
      return this.#unavailable(error.message);
    }
    this.#journalRefusal = undefined;
    this.#intake.take(decoded.value, { position, isOnDisk: position !== undefined, release });
    const { count, reasons } = decoded.value.rejected;
    this.#counts.rejected += count;
    if (count === 0) return { kind: 'accepted' };
    return { kind: 'accepted', rejected: { count, reason: reasons.join('; ') } };
  }

  async flush(options: { readonly all?: boolean } = {}): Promise<void> {
    await this.start();
    const at = this.#now();
    this.#writer.add(options.all === true ? this.#assembler.closeAll(at) : this.#assembler.due(at));
    await this.#writer.drain();
    this.#intake.tellDue(options.all === true ? Infinity : at);
    await this.#listeners.told();
    await this.#conversations?.write(options.all);
  }

  async erase(selector: ErasureSelector, options?: ErasureOptions): Promise<ErasureResult> {
    await this.flush();
    // A span that comes late must not bring back a run that was erased.
    this.#assembler.forgetTold();
    const { journal } = this.#options;
    const result = await this.#store.erase(selector, {
      ...options,
      onPlanned: async (plan) => {
        if (journal !== undefined) await this.#erased.add(plan.ids, journal.stats());
        await options?.onPlanned?.(plan);
      },
    });
    const lines = (await this.#conversations?.forget(allErased(selector, result))) ?? 0;
    return { ...result, erasedLines: result.erasedLines + lines };
  }

  async compact(options?: StoreCompactionOptions): Promise<CompactionResult> {
    await this.start();
    const runs = await this.#store.compact(options);
    const conversations = await this.#conversations?.compact(options);
    return conversations === undefined ? runs : addConversations(runs, conversations);
  }

  stats(): PipelineStats {
    return {
      ...this.#counts,
      ...this.#intake.stats(),
      ...this.#writer.stats(),
      sampling: this.#sampling.stats(),
      memoryBytes: this.#requests.bytesInMemory(),
      assembly: this.#assembler.stats(),
      store: this.#store.stats(),
    };
  }

  problems(): readonly string[] {
    if (this.#stopped !== undefined) return ['the companion is shutting down'];
    if (!this.#isReplayed) return ['the companion is starting: it reads its files and its journal'];
    const refusal = this.#journalRefusal;
    const isRefusing =
      refusal !== undefined && Math.abs(this.#now() - refusal.at) < JOURNAL_PROBLEM_MILLIS;
    return [...(isRefusing ? [refusal.message] : []), ...this.#writer.problems()];
  }

  shutdown(deadlineMillis = DEFAULT_DEADLINE_MILLIS): Promise<void> {
    this.#stopped ??= this.#end(deadlineMillis);
    return this.#stopped;
  }

  #openConversations(): ConversationLines | undefined {
    const { files } = this.#config;
    if (files.group !== 'conversation') return undefined;
    return createConversationLines({
      dataDir: this.#options.dataDir,
      files,
      idleMillis: files.conversationIdleMillis,
      now: this.#now,
      onProblem: (problem, cause) => this.#log('error', problem, cause),
    });
  }

  #openWriter(): RunWriter {
    const { onRun, onJudged, onDecided, incidentIdsOf } = this.#options;
    return createRunWriter({
      store: this.#store,
      conversations: this.#conversations,
      sampling: this.#sampling,
      readBody: this.#readBody,
      reading: () => this.#requests.reading(),
      now: this.#now,
      pace: this.#pace,
      build: (ready, readable) =>
        trajectoryInSteps(readable, {
          content: this.#config.content,
          redaction: this.#redaction,
          sample: (judged) => this.#sampling.verdict(ready, judged),
          toolJudge: this.#toolJudge,
          ...(incidentIdsOf === undefined ? {} : { incidentIdsOf }),
        }),
      onBuilt: (runs) => {
        for (const { ready, run } of runs) this.#intake.takeRun(run, ready);
        return this.#listeners.told();
      },
      onWritten: (written) => {
        for (const each of written) {
          this.#listeners.tell(() => onRun?.(each), 'a run was not taken');
        }
        return this.#listeners.told();
      },
      onDecided: (run, ready) => {
        const { trajectoryId, description, outcome } = run;
        onDecided?.({ trajectoryId, agent: description.agentName, outcome: outcome.outcome });
        if (onJudged === undefined) return;
        for (const judged of judgedInRun(run, ready.part)) onJudged(judged);
      },
      onProblem: (problem, cause) => this.#log('error', problem, cause),
      isErased: (part) => this.#erased.has(part),
    });
  }

  #openIntake(): Intake {
    const { onFinding, onJudged } = this.#options;
    return createIntake({
      requests: this.#requests,
      assembler: this.#assembler,
      toolJudge: this.#toolJudge,
      sampling: this.#sampling,
      writer: this.#writer,
      now: this.#now,
      onFinding: (finding) => {
        this.#listeners.tell(() => onFinding?.(finding), 'a finding was not taken');
      },
      onJudged: onJudged && ((judged) => this.#isReplayed && onJudged(judged)),
    });
  }

  async #begin(): Promise<void> {
    await this.#store.start();
    await this.#sampling.start();
    await this.#conversations?.start();
    const { journal } = this.#options;
    if (journal !== undefined) {
      await this.#erased.load();
      await journal.start();
      await this.#erased.forget(journal.stats());
      for await (const { position, record } of journal.replay()) this.#replay(record, position);
    }
    this.#isReplayed = true;
    this.#timer = setInterval(() => this.#tick(), this.#config.checkIntervalMillis);
    this.#timer.unref();
  }

  #replay(record: JournalRecord, position: Position): void {
    const decoded = record.contentEncoding === 'identity' ? decodeRequest(record) : undefined;
    if (decoded?.ok === true) {
      // Earlier versions kept requests in JSON: what was written anew from one is not what the disk has.
      const isOnDisk = decoded.value.encoding === record.encoding;
      const release = (): void => freeMemory(record.body);
      this.#intake.take(decoded.value, {
        position,
        isOnDisk,
        release: isOnDisk ? release : undefined,
      });
      return;
    }
    const why = decoded?.error.message ?? `it is compressed (${record.contentEncoding})`;
    this.#log('error', `a record of the journal cannot be read and is given up: ${why}`);
    this.#options.journal?.release(position.segment);
  }

  async #append(
    { signal, encoding, body }: DecodedRequest,
    receivedAt: number,
  ): Promise<Position | undefined> {
    const { journal } = this.#options;
    return journal?.append({ signal, encoding, body, receivedAt, contentEncoding: 'identity' });
  }

  #tick(): void {
    this.#writer.retry();
    this.#intake.tellDue(this.#now());
    this.#writer.tell(this.#assembler.dueInTurn(this.#now()));
    void this.#conversations?.write();
  }

  async #end(deadlineMillis: number): Promise<void> {
    clearInterval(this.#timer);
    if (this.#started === undefined) return;
    const work = this.#finish();
    const cancel = new AbortController();
    await Promise.race([
      work,
      delay(deadlineMillis, undefined, { ref: false, signal: cancel.signal }).catch(
        () => undefined,
      ),
    ]);
    cancel.abort();
  }

  async #finish(): Promise<void> {
    await this.#started;
    const { journal } = this.#options;
    const at = this.#now();
    const { graceMillis } = this.#config.assembly;
    this.#writer.add(
      journal === undefined ? this.#assembler.closeAll(at) : this.#assembler.due(at + graceMillis),
    );
    await this.#writer.drain();
    // What waits for a run that is still open comes again from the journal.
    if (journal === undefined) this.#intake.tellDue(Infinity);
    await this.#listeners.told();
    this.#assembler.forgetTold();
    await this.#conversations?.close();
    await this.#store.close();
    await journal?.shutdown();
  }

  #unavailable(message: string): AcceptResult {
    this.#counts.unavailable += 1;
    return { kind: 'unavailable', message, retryAfterSeconds: 1 };
  }

  #log(level: PipelineLog['level'], message: string, cause?: unknown): void {
    this.#options.log?.({ level, message, ...(cause === undefined ? {} : { cause }) });
  }
}

import {
  Attr,
  COMPANION_SCOPE_NAME,
  Core,
  EventName,
  GenAi,
  Operation,
} from '@aftertrace/schema/names';

import { createCounter, type Metric } from '../observe/metric.ts';
import { encodeEvents, type SentEvent } from './encode-logs.ts';
import type { DecidedRun, Judged, JudgedRun, JudgedToolCall } from './judged.ts';
import type { OtlpSender } from './otlp-sender.ts';
import type { Sender } from './write-attributes.ts';

export interface EmitterOptions {
  /** Who sends; see {@link companionSender}. */
  readonly sender: Sender;
  /** Where events go; absent: they are counted only. */
  readonly otlp?: OtlpSender | undefined;
  /** Milliseconds since the Unix epoch. */
  readonly now: () => number;
  /** Events wait for others for so long. Default 1 s. */
  readonly batchMillis?: number;
}

/**
 * Gives back what the companion judged itself: events of the same names as agents with our guard send, marked
 * `aftertrace.judged_by: companion`, and counts. Never blocks; at most once: what is in memory dies with the process.
 */
export interface Emitter {
  add(judged: Judged): void;
  /** Counts a run by its outcome; the same run with the same outcome is counted once. */
  decided(run: DecidedRun): void;
  /** Counts since the start, for `/metrics` and OTLP. */
  metrics(): readonly Metric[];
  /** Hands what waits to the sender. */
  flush(): void;
}

/** What a companion says of itself in everything that it sends. By the scope's name it knows its own again. */
export function companionSender(about: {
  readonly version: string;
  /** Tells companions apart, for example by their data directory. */
  readonly instance: string;
}): Sender {
  return {
    resource: {
      'service.name': 'aftertrace-companion',
      'service.version': about.version,
      'service.instance.id': about.instance,
    },
    scopeName: COMPANION_SCOPE_NAME,
    scopeVersion: about.version,
  };
}

export function createEmitter(options: EmitterOptions): Emitter {
  return new BatchingEmitter(options);
}

const MAX_BATCH = 500;
const KEYS_KEPT = 50_000;
const MAX_SERIES = 2000;
const INFO = 9;
const WARN = 13;

class BatchingEmitter implements Emitter {
  readonly #options: EmitterOptions;
  readonly #calls = createCounter(MAX_SERIES);
  readonly #runs = createCounter(MAX_SERIES);
  readonly #decided = createCounter(MAX_SERIES);
  readonly #seen = new Set<string>();
  /** Of its own: a run that makes many calls must not push out what is known of ended ones, nor they its calls. */
  readonly #ended = new Set<string>();
  #batch: SentEvent[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(options: EmitterOptions) {
    this.#options = options;
  }

  add(judged: Judged): void {
    if (!isNew(this.#seen, judged.key)) return;
    const event = judged.kind === 'run' ? this.#run(judged) : this.#call(judged);
    if (event === undefined || this.#options.otlp === undefined) return;
    this.#batch.push(event);
    if (this.#batch.length >= MAX_BATCH) this.flush();
    else this.#flushSoon();
  }

  decided({ trajectoryId, agent, outcome }: DecidedRun): void {
    if (!isNew(this.#ended, `${trajectoryId} ${outcome}`)) return;
    this.#decided.add({ [GenAi.AGENT_NAME]: agent, [Attr.RUN_OUTCOME]: outcome });
  }

  metrics(): readonly Metric[] {
    return [
      {
        name: 'aftertrace.companion.runs.ended',
        description: 'Runs by outcome, whoever judged them and whether or not they are kept.',
        unit: '{run}',
        kind: 'counter',
        points: this.#decided.points(),
      },
      {
        name: 'aftertrace.companion.tool.calls',
        description: 'Tool calls that the companion judged, by outcome.',
        unit: '{call}',
        kind: 'counter',
        points: this.#calls.points(),
      },
      {
        name: 'aftertrace.companion.runs.judged',
        description: 'Runs that the companion judged, by outcome.',
        unit: '{run}',
        kind: 'counter',
        points: this.#runs.points(),
      },
    ];
  }

  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const { otlp, sender } = this.#options;
    if (this.#batch.length === 0 || otlp === undefined) return;
    const batch = this.#batch;
    this.#batch = [];
    otlp.send('logs', encodeEvents(batch, sender), batch.length);
  }

  #flushSoon(): void {
    this.#timer ??= setTimeout(() => this.flush(), this.#options.batchMillis ?? 1000).unref();
  }

  /** As in the agent: an event for every outcome other than ok. */
  #call(call: JudgedToolCall): SentEvent | undefined {
    const { outcome, class: failureClass, certainty, channel, rule } = call.outcome;
    const isFailed = outcome === 'failed';
    this.#calls.add({
      [GenAi.AGENT_NAME]: call.agent,
      [GenAi.TOOL_NAME]: call.tool,
      [Attr.TOOL_OUTCOME]: outcome,
      ...(failureClass === undefined ? {} : { [Attr.TOOL_FAILURE_CLASS]: failureClass }),
      ...(isFailed ? { [Attr.TOOL_FAILURE_CERTAINTY]: certainty } : {}),
    });
    if (outcome === 'ok') return undefined;
    const isCertain = isFailed && certainty === 'certain';
    return this.#event(call, EventName.TOOL_OUTCOME, isFailed ? WARN : INFO, {
      [GenAi.OPERATION_NAME]: Operation.EXECUTE_TOOL,
      [GenAi.TOOL_NAME]: call.tool,
      [GenAi.TOOL_CALL_ID]: call.toolCallId,
      // What a tool returned as an error is `tool_error`, as in the MCP conventions.
      [Core.ERROR_TYPE]: isCertain ? (call.errorType ?? 'tool_error') : undefined,
      [Attr.TOOL_OUTCOME]: outcome,
      [Attr.TOOL_FAILURE_CERTAINTY]: isFailed ? certainty : undefined,
      [Attr.TOOL_FAILURE_CHANNEL]: isFailed ? channel : undefined,
      [Attr.TOOL_FAILURE_CLASS]: isFailed ? failureClass : undefined,
      [Attr.TOOL_FAILURE_RULE]: isFailed ? rule : undefined,
    });
  }

  #run(run: JudgedRun): SentEvent {
    const { outcome, basis } = run.outcome;
    this.#runs.add({ [GenAi.AGENT_NAME]: run.agent, [Attr.RUN_OUTCOME]: outcome });
    return this.#event(run, EventName.RUN_ENDED, outcome === 'success' ? INFO : WARN, {
      [Attr.RUN_OUTCOME]: outcome,
      [Attr.RUN_OUTCOME_BASIS]: basis,
      [Attr.TRAJECTORY_ID]: run.trajectoryId,
    });
  }

  #event(
    judged: Judged,
    eventName: string,
    severityNumber: number,
    attributes: SentEvent['attributes'],
  ): SentEvent {
    return {
      eventName,
      timeUnixNano: judged.timeUnixNano,
      observedTimeUnixNano: BigInt(Math.round(this.#options.now())) * 1_000_000n,
      severityNumber,
      traceId: judged.traceId,
      spanId: judged.spanId,
      attributes: {
        [GenAi.AGENT_NAME]: judged.agent,
        [GenAi.CONVERSATION_ID]: judged.conversationId,
        ...attributes,
        [Attr.JUDGED_BY]: 'companion',
      },
    };
  }
}

/** Spans come again when an answer was lost, and runs when they are revised. */
function isNew(seen: Set<string>, key: string): boolean {
  if (seen.has(key)) return false;
  seen.add(key);
  if (seen.size > KEYS_KEPT) {
    const [oldest] = seen;
    if (oldest !== undefined) seen.delete(oldest);
  }
  return true;
}

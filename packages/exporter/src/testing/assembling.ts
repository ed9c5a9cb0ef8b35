import { arrivalOf } from '../assemble/arrived-span.ts';
import {
  createAssembler,
  type Assembler,
  type AssemblyLimits,
  type ReadyRun,
} from '../assemble/assembler.ts';
import { createRequests, type Requests } from '../assemble/held-request.ts';
import { readRun } from '../assemble/read-run.ts';
import { eventRecord, spanRecord, type EventRecord, type SpanRecord } from '../assemble/records.ts';
import { AssemblyConfig } from '../config.ts';
import { encodeTraces } from '../decode/encode-traces.ts';
import { tracesFromProtobuf } from '../decode/protobuf-traces.ts';
import type { ReadableRun } from '../trajectory/build-trajectory.ts';
import { logsOf, spansOf, type LogInput, type SpanInput } from './otlp-builder.ts';

/** An assembler that is fed with spans and events as tests write them, without a pipeline and a disk. */
export interface Assembling {
  readonly assembler: Assembler;
  readonly requests: Requests;
  /** Each span a request of its own. */
  readonly spans: (at: number, ...spans: readonly SpanInput[]) => readonly ReadyRun[];
  readonly logs: (at: number, ...logs: readonly LogInput[]) => readonly ReadyRun[];
}

export interface AssemblingOptions {
  readonly limits?: Partial<AssemblyLimits>;
  /** Told of each span and event as it arrives. */
  readonly onSpan?: (record: SpanRecord) => void;
  readonly onEvent?: (record: EventRecord) => void;
  /** Told of each span that is settled, by its short id, and of each event, by its name. */
  readonly onSettled?: (name: string) => void;
}

export function assembling(options: AssemblingOptions = {}): Assembling {
  const ids: string[] = [];
  const requests = createRequests({
    memoryBytes: Number.POSITIVE_INFINITY,
    onSettled: ({ segment }) => options.onSettled?.(ids[segment] ?? ''),
  });
  const assembler = createAssembler({ ...AssemblyConfig.parse({}), ...options.limits }, requests);
  const takeSpan = (at: number, input: SpanInput): readonly ReadyRun[] => {
    const body = encodeTraces(spansOf(input));
    const { layout, spans } = tracesFromProtobuf(body);
    const place = { segment: ids.push(input.id) - 1, offset: 0 };
    // There is no disk to read from: the bytes stay in memory.
    const request = requests.hold({ arrivedAt: at, place, layout, isOnDisk: false });
    const ready = spans.flatMap((span) => {
      options.onSpan?.(spanRecord(span));
      return assembler.addSpan(arrivalOf(span).span, request);
    });
    requests.told(request);
    requests.settle(request);
    return ready;
  };
  return {
    assembler,
    requests,
    spans: (at, ...spans) => spans.flatMap((span) => takeSpan(at, span)),
    logs: (at, ...logs) =>
      logsOf(...logs).flatMap((log) => {
        const settle = (): void => options.onSettled?.(log.eventName);
        const record = eventRecord(log, { at, bytes: 100, origin: () => ({ settle }) });
        if (record === undefined) return [];
        options.onEvent?.(record);
        return assembler.addEvent(record);
      }),
  };
}

/** The run as it can be read; its bytes are in memory. */
export function readable(ready: ReadyRun): ReadableRun {
  const part = readRun(ready.part, () => Promise.reject(new Error('there is no disk')));
  if (part instanceof Promise) throw new Error('the bytes should be in memory');
  return { ...ready, part };
}

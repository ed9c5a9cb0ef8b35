import { isDeepStrictEqual } from 'node:util';
import { parentPort, workerData } from 'node:worker_threads';

import * as fc from 'fast-check';

import { decodeRequest } from '../../packages/exporter/src/decode-request.ts';
import { decodeLogs, decodeTraces } from '../../packages/exporter/src/decode/decode.ts';
import type { DecodeResult } from '../../packages/exporter/src/decode/decode-result.ts';
import {
  logsRequest,
  traceRequest,
} from '../../packages/exporter/src/decode/testing/otlp-arbitraries.ts';
import { encodeOtlp } from '../../packages/exporter/src/decode/testing/otlp-descriptor.ts';
import { expectedLogs, plainLogs } from './compare-logs.ts';
import { expectedSpans, plainSpans } from './compare-spans.ts';
import { MAX_DECODE_MILLIS, type FuzzCounts, type FuzzOrder } from './fuzz-decoder.ts';
import { bendJson, breakJson } from './json-mutations.ts';
import { createRandom } from './random.ts';
import { bendWire, breakWire, type WireRequest } from './wire-mutations.ts';

type Encoding = 'protobuf' | 'json';

const BATCH = 50;
const MAX_PROBLEMS = 5;

/** How the requests of one signal are made, read and compared. */
interface Signal {
  readonly type: WireRequest;
  readonly requests: fc.Arbitrary<unknown>;
  readonly expected: (body: Uint8Array) => unknown[];
  readonly found: (body: Uint8Array, encoding: Encoding) => unknown[];
  /** As the pipeline takes it: what comes as JSON is written anew as protobuf. */
  readonly taken: (body: Uint8Array, encoding: Encoding) => unknown[];
}

const SIGNALS: readonly Signal[] = [
  {
    type: 'TraceRequest',
    requests: traceRequest,
    expected: expectedSpans,
    found: (body, encoding) => plainSpans(valueOf(decodeTraces(body, encoding)).spans),
    taken: (body, encoding) => {
      const request = valueOf(decodeRequest({ signal: 'traces', encoding, body }));
      return request.signal === 'traces' ? plainSpans(request.spans) : [];
    },
  },
  {
    type: 'LogsRequest',
    requests: logsRequest,
    expected: expectedLogs,
    found: (body, encoding) => plainLogs(valueOf(decodeLogs(body, encoding)).logs),
    taken: (body, encoding) => {
      const request = valueOf(decodeRequest({ signal: 'logs', encoding, body }));
      return request.signal === 'logs' ? plainLogs(request.logs) : [];
    },
  },
];

const { seconds, seed, current, beat } = workerData as FuzzOrder;
const random = createRandom(seed);
const problems: string[] = [];
const counts: FuzzCounts = { wire: 0, json: 0, broken: 0, refused: 0, slowestMillis: 0 };
const until = Date.now() + seconds * 1_000;
for (let batch = 0; Date.now() < until && problems.length < MAX_PROBLEMS; batch += 1) {
  for (const signal of SIGNALS) {
    for (const data of fc.sample(signal.requests, { seed: seed + batch, numRuns: BATCH })) {
      const valid = encodeOtlp(signal.type, data);
      compareWire(signal, bendWire(valid, signal.type, random));
      compareJson(signal, valid, bendJson(data, random));
      survive(signal, breakWire(valid, signal.type, random));
      survive(signal, breakJson(data, random));
    }
  }
}
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port has no origin
parentPort?.postMessage({ problems, counts });

/** Fields in another order, unknown ones, lengths spelled longer: ours reads what protobufjs reads. */
function compareWire(signal: Signal, body: Uint8Array): void {
  counts.wire += 1;
  const expected = signal.expected(body);
  compare(`${signal.type} in protobuf`, body, {
    expected,
    found: () => signal.found(body, 'protobuf'),
  });
}

/** The same request in JSON: ours reads what protobufjs reads of it in protobuf, also on the pipeline's way. */
function compareJson(signal: Signal, valid: Uint8Array, body: Uint8Array): void {
  counts.json += 1;
  const expected = signal.expected(valid);
  compare(`${signal.type} in JSON`, body, { expected, found: () => signal.found(body, 'json') });
  compare(`${signal.type} in JSON, taken in`, body, {
    expected,
    found: () => signal.taken(body, 'json'),
  });
}

function compare(
  what: string,
  body: Uint8Array,
  { expected, found }: { readonly expected: unknown[]; readonly found: () => unknown[] },
): void {
  watched(body, () => {
    try {
      if (!isDeepStrictEqual(found(), expected))
        tell(`${what}: read otherwise than by protobufjs`, body);
    } catch (error) {
      tell(`${what}: a valid request: ${String(error)}`, body);
    }
  });
}

/** Whatever it is, and as whatever it is taken: it is read or refused. */
function survive({ type }: Signal, body: Uint8Array): void {
  for (const encoding of ['protobuf', 'json'] as const) {
    counts.broken += 1;
    const millis = watched(body, () => {
      try {
        const signal = type === 'TraceRequest' ? 'traces' : 'logs';
        const result = decodeRequest({ signal, encoding, body });
        if (result.ok) readAll(result.value);
        else counts.refused += 1;
      } catch (error) {
        tell(`${type} as ${encoding} threw ${String(error)}`, body);
      }
    });
    counts.slowestMillis = Math.max(counts.slowestMillis, millis);
    if (millis > MAX_DECODE_MILLIS)
      tell(
        `${type} as ${encoding} took ${millis.toFixed(0)} ms, more than ${MAX_DECODE_MILLIS}`,
        body,
      );
  }
}

/** Says what is being read, so that whoever waits knows it where it never ends. */
function watched(body: Uint8Array, read: () => void): number {
  current.set(body.subarray(0, current.length - 4), 4);
  new DataView(current.buffer).setUint32(0, Math.min(body.length, current.length - 4));
  Atomics.add(beat, 0, 1);
  const began = performance.now();
  read();
  Atomics.add(beat, 0, 1);
  return performance.now() - began;
}

function valueOf<T>(result: DecodeResult<T>): T {
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}

/** Values may be decoded only when somebody asks for them: ask. */
function readAll(value: unknown): void {
  if (value instanceof Map) for (const [key, item] of value) readAll([key, item]);
  else if (Array.isArray(value)) for (const item of value) readAll(item);
  else if (typeof value === 'object' && value !== null && !ArrayBuffer.isView(value)) {
    for (const item of Object.values(value)) readAll(item);
  }
}

function tell(what: string, body: Uint8Array): void {
  problems.push(`${what}: ${Buffer.from(body).toString('base64')}`);
}

import { readFile } from 'node:fs/promises';

import { logsFromJson, parseJson, tracesFromJson } from '../decode/decode.ts';
import { isRecord } from '../decode/dialects/attribute-readers.ts';
import { stringifyLossless } from '../json/lossless-json.ts';
import { convertSpan, isConsoleSpan, type ConvertedSpan } from './console-span.ts';
import { groupSpans } from './group-spans.ts';
import { placeOf, splitValues, type ValueSlice } from './split-values.ts';

/** One request of a recording, as a sender would have sent it. */
export interface RecordedRequest {
  readonly signal: 'traces' | 'logs';
  /** OTLP/JSON, to be posted to `/v1/traces` or `/v1/logs`, or handed to a pipeline. */
  readonly body: Uint8Array;
}

/** Why a file was not taken. Nothing of it was. */
export interface RecordingProblem {
  readonly file: string;
  /** From 1; absent where the file could not be read at all. */
  readonly line?: number;
  /** From 1. */
  readonly column?: number;
  /** What was wrong, what was expected, and what to do; without the place. Holds no content of the file. */
  readonly message: string;
}

/** A file of recorded telemetry, read whole. */
export type Recording =
  | {
      readonly kind: 'recording';
      readonly requests: readonly RecordedRequest[];
      readonly spans: number;
      readonly logs: number;
      /** Left out and why, for example metrics, or spans without a valid id. */
      readonly notes: readonly string[];
    }
  | { readonly kind: 'problem'; readonly problem: RecordingProblem };

const MAX_BYTES = 400 * 1024 * 1024;
const EXPECTED =
  'expected OTLP JSON (a request, an array of requests, or one a line) or the span JSON of an OpenTelemetry console exporter';

/**
 * Reads recorded telemetry: OTLP JSON as one request, as an array of requests or one a line (the Collector's file
 * exporter), and span JSON as OpenTelemetry's console exporters print it, alone, in arrays, one after another, or under
 * `spans`. All or nothing: a file with anything wrong in it gives no request.
 */
export async function readRecording(file: string): Promise<Recording> {
  let bytes: Buffer;
  try {
    bytes = await readFile(file);
  } catch (error) {
    return fail(file, `cannot be read (${(error as NodeJS.ErrnoException).code ?? String(error)})`);
  }
  if (bytes.length > MAX_BYTES) {
    return fail(
      file,
      `is larger than ${MAX_BYTES} bytes; split it (one request a line can be split anywhere between lines)`,
    );
  }
  if (bytes[0] === 0x1f && bytes[1] === 0x8b)
    return fail(file, 'is compressed with gzip; decompress it first');
  return readText(file, new TextDecoder().decode(bytes));
}

function fail(file: string, message: string): Recording {
  return { kind: 'problem', problem: { file, message } };
}

function readText(file: string, text: string): Recording {
  const at = (offset: number, message: string): Recording => ({
    kind: 'problem',
    problem: { file, ...placeOf(text, offset), message },
  });
  const split = splitValues(text);
  switch (split.kind) {
    case 'unexpected':
      return at(split.offset, `this is not JSON; ${EXPECTED}`);
    case 'cut': {
      const { line } = placeOf(text, split.start);
      return at(
        text.length,
        `the file ends inside of the JSON value that begins at line ${line}; it was probably cut off`,
      );
    }
    case 'values':
  }
  if (split.slices.length === 0) return at(0, `the file is empty; ${EXPECTED}`);
  const reader = new RecordingReader();
  for (const slice of split.slices) {
    const problem = reader.read(text, slice);
    if (problem !== undefined) return at(problem.offset, problem.message);
  }
  return reader.finish() ?? at(0, `no span and no log record in this file; ${EXPECTED}`);
}

interface ValueProblem {
  readonly offset: number;
  readonly message: string;
}

/** Gathers the requests of one file. */
class RecordingReader {
  readonly #requests: RecordedRequest[] = [];
  readonly #converted: ConvertedSpan[] = [];
  readonly #notes = new Map<string, number>();
  #spans = 0;
  #logs = 0;

  read(text: string, { start, end }: ValueSlice): ValueProblem | undefined {
    const parsed = parseJson(text.slice(start, end));
    if (!parsed.ok) {
      return {
        offset: start + (parsed.error.offset ?? 0),
        message: `invalid JSON: ${withoutPlace(parsed.error.message)}`,
      };
    }
    const message = this.#take(parsed.value, '');
    return message === undefined ? undefined : { offset: start, message };
  }

  finish(): Recording | undefined {
    for (const request of groupSpans(this.#converted)) this.#push('traces', request);
    this.#spans += this.#converted.length;
    if (this.#spans === 0 && this.#logs === 0) return undefined;
    const notes = [...this.#notes].map(([what, count]) => `${count} × ${what}`);
    return {
      kind: 'recording',
      requests: this.#requests,
      spans: this.#spans,
      logs: this.#logs,
      notes,
    };
  }

  /** Takes a value; gives what is wrong with it, with its path. */
  #take(value: unknown, path: string): string | undefined {
    if (Array.isArray(value)) {
      for (const [index, item] of value.entries()) {
        const message = this.#take(item, `${path}[${index}]`);
        if (message !== undefined) return message;
      }
      return undefined;
    }
    if (!isRecord(value)) return `${described(path)} is no object; ${EXPECTED}`;
    if (isConsoleSpan(value)) return this.#convert(value, path);
    if (Array.isArray(value['resourceSpans'])) return this.#traces(value, path);
    if (Array.isArray(value['resourceLogs'])) return this.#logRecords(value, path);
    if (Array.isArray(value['resourceMetrics'])) {
      this.#note('request of metrics left out');
      return undefined;
    }
    if (Array.isArray(value['spans']))
      return this.#take(value['spans'], `${path}.spans`.replace(/^\./, ''));
    return `${described(path)} is neither a request nor a span; ${EXPECTED}`;
  }

  #traces(request: Readonly<Record<string, unknown>>, path: string): string | undefined {
    const decoded = tracesFromJson(request);
    if (!decoded.ok) return decodeMessage(decoded.error, path);
    this.#spans += decoded.value.spans.length;
    this.#noteRejected(decoded.value.rejected);
    this.#push('traces', request);
    return undefined;
  }

  #logRecords(request: Readonly<Record<string, unknown>>, path: string): string | undefined {
    const decoded = logsFromJson(request);
    if (!decoded.ok) return decodeMessage(decoded.error, path);
    this.#logs += decoded.value.logs.length;
    this.#noteRejected(decoded.value.rejected);
    this.#push('logs', request);
    return undefined;
  }

  #convert(span: Readonly<Record<string, unknown>>, path: string): string | undefined {
    const converted = convertSpan(span);
    if ('message' in converted)
      return `${converted.path} of the span ${described(path)} ${converted.message}`;
    this.#converted.push(converted);
    return undefined;
  }

  #push(signal: RecordedRequest['signal'], request: unknown): void {
    this.#requests.push({ signal, body: Buffer.from(stringifyLossless(request)) });
  }

  #noteRejected(rejected: { readonly count: number; readonly reasons: readonly string[] }): void {
    if (rejected.count > 0) this.#note(`left out: ${rejected.reasons.join('; ')}`, rejected.count);
  }

  #note(what: string, count = 1): void {
    this.#notes.set(what, (this.#notes.get(what) ?? 0) + count);
  }
}

function described(path: string): string {
  return path === '' ? 'this' : `at ${path}`;
}

function decodeMessage(
  error: { readonly message: string; readonly path: string | undefined },
  path: string,
): string {
  const place = [path, error.path].filter((part) => part !== undefined && part !== '').join('.');
  return `not a valid OTLP request${place === '' ? '' : ` (${place})`}: ${error.message}`;
}

/** The parser counts from the start of the value; the place in the file is told beside the message. */
function withoutPlace(message: string): string {
  return message.replace(/^the body is not valid JSON.*$/, 'unexpected character').slice(0, 200);
}

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { decodeLogs, decodeTraces } from '../decode/decode.ts';
import type { TelemetrySpan } from '../decode/telemetry.ts';
import { logRequest, traceRequest } from '../testing/otlp-builder.ts';
import { readRecording, type Recording, type RecordingProblem } from './read-recording.ts';
import { splitValues } from './split-values.ts';

let dir: string;
let file: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'aftertrace-ingest-'));
  file = join(dir, 'recording.json');
});
afterAll(() => rm(dir, { recursive: true }));

async function read(content: string | Uint8Array): Promise<Recording> {
  await writeFile(file, content);
  return readRecording(file);
}

async function spansIn(content: string): Promise<readonly TelemetrySpan[]> {
  const recording = await read(content);
  if (recording.kind === 'problem') throw new Error(JSON.stringify(recording.problem));
  return recording.requests.flatMap(({ signal, body }) => {
    const decoded = signal === 'traces' ? decodeTraces(body, 'json') : undefined;
    if (decoded === undefined) return [];
    if (!decoded.ok) throw new Error(decoded.error.message);
    expect(decoded.value.rejected.count).toBe(0);
    return decoded.value.spans;
  });
}

async function problemIn(content: string | Uint8Array): Promise<RecordingProblem> {
  const recording = await read(content);
  if (recording.kind !== 'problem') throw new Error('it was taken');
  expect(recording.problem.file).toBe(file);
  return recording.problem;
}

const ONE = traceRequest([{ id: 'a' }]);
const TWO = traceRequest([{ id: 'b' }, { id: 'c' }]);

/** A span as any-agent dumps it; ids are written as decimal numbers that no double holds. */
const dumped = (more = ''): string => `{
  "name": "call_llm m", "kind": "internal",
  "parent": {"trace_id": null, "span_id": null},
  "context": {"trace_id": 273475590164507581703505203264503192396, "span_id": 17348474965005769411},
  "start_time": 1758026586341103001, "end_time": 1758026586853189002,
  "status": {"status_code": "error", "description": "broke"},
  "attributes": {"s": "x", "i": 5, "big": 9007199254740993, "huge": 1e300, "d": 0.25, "b": true, "n": null, "l": [1, "a"], "o": {"k": 1}},
  "events": [{"name": "exception", "timestamp": 1758026586341103005, "attributes": {"exception.type": "E"}}], "links": [],
  "resource": {"attributes": {"service.name": "py"}, "schema_url": ""}${more}
}`;

describe('readRecording', () => {
  it.each([
    ['one request', JSON.stringify(ONE, null, 2), ['a']],
    ['an array of requests', JSON.stringify([ONE, TWO]), ['a', 'b', 'c']],
    ['one request a line', `${JSON.stringify(ONE)}\n${JSON.stringify(TWO)}\n`, ['a', 'b', 'c']],
    [
      'requests one after another',
      `\uFEFF${JSON.stringify(ONE, null, 1)}\r\n\r\n${JSON.stringify(TWO, null, 1)}`,
      ['a', 'b', 'c'],
    ],
    ['spans below "spans"', `{"spans": [${dumped()}], "final_output": "x"}`, ['call_llm m']],
    ['spans in an array', `[${dumped()}]`, ['call_llm m']],
    [
      'spans one after another',
      `${dumped()}\n${dumped().replace('17348474965005769411', '7')}`,
      ['call_llm m', 'call_llm m'],
    ],
  ])('reads %s', async (_what, content, names) => {
    expect((await spansIn(content)).map((span) => span.name)).toEqual(names);
  });

  it('reads log requests, and leaves metrics out with a note', async () => {
    const recording = await read(
      `${JSON.stringify(logRequest([{ event: 'e' }]))}\n{"resourceMetrics":[]}\n${JSON.stringify(ONE)}`,
    );
    expect(recording).toMatchObject({
      kind: 'recording',
      spans: 1,
      logs: 1,
      notes: ['1 × request of metrics left out'],
    });
    if (recording.kind === 'problem') return;
    expect(recording.requests.map(({ signal }) => signal)).toEqual(['logs', 'traces']);
    expect(decodeLogs(recording.requests[0]?.body ?? Buffer.of(), 'json')).toMatchObject({
      ok: true,
    });
  });

  it('keeps every digit of decimal ids, times and integers', async () => {
    const [span] = await spansIn(`[${dumped()}]`);
    expect(span).toMatchObject({
      traceId: 273475590164507581703505203264503192396n.toString(16).padStart(32, '0'),
      spanId: 17348474965005769411n.toString(16),
      parentSpanId: undefined,
      startTimeUnixNano: '1758026586341103001',
      endTimeUnixNano: '1758026586853189002',
      kind: 1,
      status: { code: 2, message: 'broke' },
      events: [{ name: 'exception', timeUnixNano: '1758026586341103005' }],
    });
    expect(Object.fromEntries(span?.attributes ?? [])).toEqual({
      s: 'x',
      i: 5,
      big: 9007199254740993n,
      huge: 1e300,
      d: 0.25,
      b: true,
      l: [1, 'a'],
      o: { k: 1 },
    });
    expect(span?.resource.attributes.get('service.name')).toBe('py');
  });

  it("reads what the Python SDK's console exporter prints", async () => {
    const [span] = await spansIn(
      JSON.stringify({
        name: 'chat',
        context: {
          trace_id: '0x4bf92f3577b34da6a3ce929d0e0e4736',
          span_id: '0x00f067aa0ba902b7',
          trace_state: '[]',
        },
        kind: 'SpanKind.CLIENT',
        parent_id: '0x00f067aa0ba902b6',
        start_time: '2026-11-22T10:00:00.123456Z',
        end_time: '2026-11-22T10:00:01.000000Z',
        status: { status_code: 'UNSET' },
        attributes: { a: 1 },
        events: [{ name: 'e', timestamp: '2026-11-22T10:00:00.5Z', attributes: {} }],
        links: [
          {
            context: { trace_id: '0x4bf92f3577b34da6a3ce929d0e0e4737', span_id: '0x1' },
            attributes: {},
          },
        ],
        resource: { attributes: {}, schema_url: '' },
      }),
    );
    expect(span).toMatchObject({
      traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
      spanId: '00f067aa0ba902b7',
      parentSpanId: '00f067aa0ba902b6',
      kind: 3,
      startTimeUnixNano: '1795341600123456000',
      status: { code: 0 },
      events: [{ timeUnixNano: '1795341600500000000' }],
      links: [{ traceId: '4bf92f3577b34da6a3ce929d0e0e4737', spanId: '0000000000000001' }],
    });
  });

  it("reads the JavaScript SDK's console span as JSON", async () => {
    const [span] = await spansIn(
      JSON.stringify({
        resource: { attributes: { 'service.name': 'js' } },
        instrumentationScope: { name: 'ai', version: '7' },
        traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
        parentSpanContext: { spanId: '00f067aa0ba902b6' },
        name: 'chat',
        id: '00f067aa0ba902b7',
        kind: 0,
        timestamp: 1795341600123456,
        duration: 1500.5,
        attributes: {},
        status: { code: 2, message: 'no' },
        events: [{ name: 'e', attributes: {}, time: [1795341600, 5] }],
        links: [],
      }),
    );
    expect(span).toMatchObject({
      parentSpanId: '00f067aa0ba902b6',
      kind: 1,
      startTimeUnixNano: '1795341600123456000',
      endTimeUnixNano: '1795341600124956500',
      scope: { name: 'ai', version: '7' },
      status: { code: 2, message: 'no' },
      events: [{ timeUnixNano: '1795341600000000005' }],
    });
  });

  it.each([
    ['an empty file', '', [1, 1], /empty/],
    ['only space', ' \n \n', [1, 1], /empty/],
    ['text', 'hello\n', [1, 1], /not JSON/],
    [
      'util.inspect output',
      `${JSON.stringify(ONE)}\n{\n  traceId: 'x'\n}\n`,
      [3, 3],
      /invalid JSON/,
    ],
    [
      'a cut file',
      `[\n${JSON.stringify(ONE)},\n{"resourceSpans": [`,
      [3, 20],
      /ends inside of the JSON value that begins at line 1/,
    ],
    ['a cut last line', `${JSON.stringify(ONE)}\n{"resourceSpans": "`, [2, 20], /begins at line 2/],
    ['a syntax error', `{\n  "resourceSpans": [,]\n}`, [2, 21], /invalid JSON/],
    ['something after the JSON', `${JSON.stringify(ONE)}\nbye`, [2, 1], /not JSON/],
    ['another kind of JSON', '{"a": 1}', [1, 1], /neither a request nor a span/],
    ['numbers', '[1]', [1, 1], /at \[0\] is no object/],
    [
      'a bad request in an array',
      `[${JSON.stringify(ONE)},\n {"resourceSpans": [{"scopeSpans": 5}]}]`,
      [1, 1],
      /\[1\]\.resourceSpans\[0\]\.scopeSpans/,
    ],
    [
      'a span without id',
      `${dumped()}\n${dumped().replace('17348474965005769411', 'null')}`,
      [11, 1],
      /context\.span_id .* is no 64-bit id/,
    ],
    [
      'a span that has not ended',
      `[${dumped().replace('1758026586853189002', 'null')}]`,
      [1, 1],
      /end_time/,
    ],
    ['a request without spans', '{"resourceSpans": []}', [1, 1], /no span/],
    ['bytes', '\u0000\u0001', [1, 1], /not JSON/],
  ])('takes nothing of %s and says where', async (_what, content, place, message) => {
    const problem = await problemIn(content);
    expect([problem.line, problem.column]).toEqual(place);
    expect(problem.message).toMatch(message);
  });

  it('says what is wrong with a compressed file and with one that is not there', async () => {
    expect((await problemIn(gzipSync('{}'))).message).toMatch(/gzip/);
    const missing = await readRecording(join(dir, 'missing'));
    expect(missing).toEqual({
      kind: 'problem',
      problem: { file: join(dir, 'missing'), message: expect.stringContaining('ENOENT') },
    });
  });

  it('repeats no content of the file in its message', async () => {
    for (const content of [
      'secret-password',
      '{"secret-password": 1}',
      '["secret-password"]',
      '{"resourceSpans": "secret-password"}',
    ]) {
      expect((await problemIn(content)).message).not.toContain('secret');
    }
  });
});

describe('splitValues', () => {
  it('finds every value again, however they are printed and separated', () => {
    const value = fc.oneof(fc.dictionary(fc.string(), fc.jsonValue()), fc.array(fc.jsonValue()));
    const printed = fc.tuple(value, fc.constantFrom(0, 1, 2), fc.constantFrom('\n', '', ' \r\n\n'));
    fc.assert(
      fc.property(fc.array(printed), (values) => {
        const text = values
          .map(([item, indent, gap]) => JSON.stringify(item, null, indent) + gap)
          .join('');
        const split = splitValues(text);
        const found =
          split.kind === 'values'
            ? split.slices.map(({ start, end }) => JSON.parse(text.slice(start, end)) as unknown)
            : split;
        expect(found).toEqual(JSON.parse(JSON.stringify(values.map(([item]) => item))));
      }),
    );
  });

  it('never takes a cut text for a whole one', () => {
    const text = JSON.stringify([ONE, TWO]);
    for (let length = 1; length < text.length; length += 1)
      expect(splitValues(text.slice(0, length)).kind).toBe('cut');
  });
});

import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { readLines } from '@aftertrace-examples/first-flight/facts';
import { aftertrace, startAftertrace, until } from '@aftertrace-examples/first-flight/processes';
import type { Running } from '@aftertrace-examples/first-flight/processes';
import { Trajectory } from '@aftertrace/schema';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

/** One agent run with one failing tool call, as OTLP JSON. */
function recording(name: string, result = '{"success":false}'): { traceId: string; json: object } {
  const traceId = randomBytes(16).toString('hex');
  const [root, tool] = [randomBytes(8).toString('hex'), randomBytes(8).toString('hex')];
  const attributes = (values: Record<string, string>): object[] =>
    Object.entries(values).map(([key, stringValue]) => ({ key, value: { stringValue } }));
  const span = (spanId: string, parentSpanId: string, values: Record<string, string>): object => ({
    traceId,
    spanId,
    parentSpanId,
    name: values['gen_ai.operation.name'],
    startTimeUnixNano: '1790000000000000001',
    endTimeUnixNano: '1790000001000000001',
    attributes: attributes(values),
  });
  const spans = [
    span(root, '', { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.agent.name': name }),
    span(tool, root, {
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': 'refund',
      'gen_ai.tool.call.id': 'c1',
      'gen_ai.tool.call.result': result,
    }),
  ];
  return {
    traceId,
    json: { resourceSpans: [{ resource: {}, scopeSpans: [{ scope: { name: 'test' }, spans }] }] },
  };
}

let dir: string;
let env: { XDG_STATE_HOME: string; AFTERTRACE_DATA: string };
let serving: Running | undefined;

beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'aftertrace-ingest-'));
  env = { XDG_STATE_HOME: path.join(dir, 'state'), AFTERTRACE_DATA: path.join(dir, 'data') };
});
afterEach(async () => {
  await serving?.stop();
  serving = undefined;
  await rm(dir, { recursive: true, force: true });
});

async function serve(): Promise<void> {
  const args = ['serve', '--otlp', '127.0.0.1:0', '--console', '127.0.0.1:0'];
  const running = startAftertrace(args, { name: 'companion', env, logDir: dir });
  serving = running;
  await running.nextLine();
}

async function save(name: string, content: unknown): Promise<string> {
  const file = path.join(dir, name);
  await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
}

/** Trace ids of the lines on disk, sorted; every line is valid. */
async function traceIds(): Promise<string[]> {
  const { success, failure, unresolved } = await readLines(env.AFTERTRACE_DATA);
  return [...success, ...failure, ...unresolved]
    .map((line) => Trajectory.parse(line).extra.aftertrace.traceIds[0] ?? '')
    .sort();
}

describe('aftertrace ingest', () => {
  test('gives the same trajectory the second time, and no second line', async () => {
    const { traceId, json } = recording('recorded');
    const file = await save('one.json', json);
    const first = await aftertrace(['ingest', file, '--json'], env);
    expect(first.code).toBe(0);
    expect(JSON.parse(first.stdout)).toMatchObject({ ok: true, spans: 2, lines: [{ line: 1 }] });
    const second = await aftertrace(['ingest', file, '--json'], env);
    expect(JSON.parse(second.stdout)).toMatchObject({ ok: true, spans: 2, lines: [] });
    expect(await traceIds()).toEqual([traceId]);
  });

  test('takes the good files and says what is wrong with the others, where', async () => {
    const { traceId, json } = recording('good');
    const text = JSON.stringify(json, null, 1);
    const files = [
      await save('empty.json', ''),
      await save('cut.json', text.slice(0, text.length / 2)),
      await save('foreign.json', { name: 'a package' }),
      await save('good.json', json),
      await save('text.json', 'hello'),
    ];
    const { code, stdout } = await aftertrace(['ingest', ...files, '--json'], env);
    expect(code).toBe(1);
    const reports = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { ok: boolean; problem?: string });
    expect(reports.map(({ ok }) => ok)).toEqual([false, false, false, true, false]);
    expect(reports[0]?.problem).toMatch(/empty\.json:1:1: the file is empty/);
    expect(reports[1]?.problem).toMatch(/cut\.json:\d+:\d+: the file ends inside/);
    expect(reports[2]?.problem).toMatch(/foreign\.json:1:1: .*neither a request nor a span/);
    expect(reports[4]?.problem).toMatch(/text\.json:1:1: this is not JSON/);
    expect(await traceIds()).toEqual([traceId]);
  });

  test('takes nothing of a file whose last line is cut', async () => {
    const [one, two] = [recording('a'), recording('b')];
    const lines = `${JSON.stringify(one.json)}\n${JSON.stringify(two.json).slice(0, 100)}`;
    const { code } = await aftertrace(['ingest', await save('lines.jsonl', lines)], env);
    expect(code).toBe(1);
    expect(await readdir(path.join(env.AFTERTRACE_DATA, 'trajectories')).catch(() => [])).toEqual(
      [],
    );
  });

  test('judges by the profiles of a file, and says what is wrong with one', async () => {
    const file = await save('one.json', recording('own', '{"verdict":"REFUSED"}').json);
    const failure = [{ pointer: '/verdict', equals: 'REFUSED' }];
    const good = await save('good.json', [{ id: 'mine', tools: ['refund'], failure }]);
    const bad = await save('bad.json', [{ id: 'mine', tool: 'refund' }]);
    const refused = await aftertrace(['ingest', file, '--profiles', bad], env);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('bad.json holds no tool profiles:');
    await aftertrace(['ingest', file, '--profiles', good], env);
    const { success, failure: failed, unresolved } = await readLines(env.AFTERTRACE_DATA);
    expect(JSON.stringify([success, failed, unresolved])).toContain('"rule":"profile.failure"');
  });

  test('keeps as much content as it is told to', async () => {
    const file = await save('one.json', recording('bare', '{"verdict":"REFUSED"}').json);
    expect(await aftertrace(['ingest', file, '--content', 'none'], env)).toMatchObject({ code: 0 });
    const lines = JSON.stringify(await readLines(env.AFTERTRACE_DATA));
    expect(lines).toContain('"content":"none"');
    expect(lines).not.toContain('REFUSED');
  });

  test('goes through a companion that has the directory open, and neither loses a line', async () => {
    await serve();
    const lock = JSON.parse(await readFile(path.join(env.AFTERTRACE_DATA, 'lock'), 'utf8')) as {
      otlp: string;
    };
    const direct = Array.from({ length: 10 }, (_, index) => recording(`direct-${index}`));
    const recorded = Array.from({ length: 10 }, (_, index) => recording(`recorded-${index}`));
    const files = await Promise.all(recorded.map(({ json }, index) => save(`${index}.json`, json)));
    const [answers, ingested] = await Promise.all([
      Promise.all(
        direct.map(async ({ json }) => {
          const headers = { 'content-type': 'application/json' };
          const response = await fetch(`${lock.otlp}/v1/traces`, {
            method: 'POST',
            headers,
            body: JSON.stringify(json),
          });
          return response.status;
        }),
      ),
      aftertrace(['ingest', ...files], env),
    ]);
    expect(answers).toEqual(direct.map(() => 200));
    expect(ingested).toMatchObject({ code: 0 });
    expect(ingested.stderr).toContain('sending through it');
    const told = await aftertrace(['ingest', ...files, '--content', 'none'], env);
    expect(told).toMatchObject({ code: 1 });
    expect(told.stderr).toContain('leave all flags but --data out');
    const expected = [...direct, ...recorded].map(({ traceId }) => traceId).sort();
    await until('all lines', async () =>
      (await traceIds()).length === expected.length ? true : undefined,
    );
    expect(await traceIds()).toEqual(expected);
  });

  test('a second companion on the directory is refused and told who has it', async () => {
    await serve();
    const { code, stderr } = await aftertrace(
      ['serve', '--otlp', '127.0.0.1:0', '--console', '127.0.0.1:0'],
      env,
    );
    expect(code).toBe(1);
    expect(stderr).toMatch(/is in use by process \d+/);
  });
});

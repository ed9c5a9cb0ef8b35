import { appendFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { createTrajectoryStore, SamplingCounts } from '@aftertrace/exporter';
import { trajectoryId, type Trajectory } from '@aftertrace/schema';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { ExitCode } from '../exit-code.ts';
import { runCli } from '../run-cli.ts';
import { createStyle } from '../terminal/style.ts';
import { BRIEF, renderText, WHOLE } from '../trajectories/render-text.ts';
import { parseMoment } from '../trajectories/parse-moment.ts';

interface Printed {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

let data: string;
beforeEach(async () => {
  data = await mkdtemp(path.join(tmpdir(), 'aftertrace-runs-'));
  await writeFile(path.join(data, 'VERSION'), '1\n');
});
afterEach(async () => {
  await rm(data, { recursive: true });
});

async function run(isColored: boolean, ...args: string[]): Promise<Printed> {
  const out: string[] = [];
  const err: string[] = [];
  const code = await runCli(['trajectories', ...args, '--data', data], {
    out: (text) => out.push(text),
    err: (text) => err.push(text),
    isColored,
  });
  return { code, out: out.join('\n'), err: err.join('\n') };
}

const idOf = (name: string): string => trajectoryId({ runId: name, traceId: '', rootSpanId: '' });

function trajectory(name: string, outcome: 'success' | 'failure', secret = 'fine'): Trajectory {
  const failed = outcome === 'failure';
  return {
    schema_version: 'ATIF-v1.7',
    trajectory_id: idOf(name),
    agent: { name: `agent-${name}`, version: '2' },
    steps: [
      {
        step_id: 1,
        source: 'user',
        message: `Refund order 7\n${secret}`,
        timestamp: '2026-11-22T10:00:00.000Z',
      },
      {
        step_id: 2,
        source: 'agent',
        message: 'I will.',
        model_name: 'gpt',
        metrics: { prompt_tokens: 12, completion_tokens: 3 },
        tool_calls: [
          {
            tool_call_id: 'c1',
            function_name: 'refund',
            arguments: { order: 7 },
            extra: { aftertrace: { decision: 'd1' } },
          },
        ],
        observation: {
          results: [
            {
              source_call_id: 'c1',
              content: failed ? '{"error":"timeout"}' : '{"ok":true}',
              extra: {
                aftertrace: {
                  durationMillis: 412,
                  outcome: failed
                    ? {
                        outcome: 'failed',
                        certainty: 'certain',
                        class: 'timeout',
                        channel: 'thrown',
                        rule: 'thrown.timeout',
                      }
                    : { outcome: 'ok', certainty: 'certain', rule: 'plain' },
                },
              },
            },
          ],
        },
      },
    ],
    extra: {
      aftertrace: {
        v: 1,
        revision: 1,
        outcome: { outcome, basis: 'none', certainty: 'likely', rule: 'test.rule' },
        ...(failed ? { failure: { tool: 'refund', toolCallId: 'c1' } } : {}),
        toolOutcomes: failed ? { failed: 1 } : { ok: 1 },
        decisions: [
          {
            id: 'd1',
            verdict: 'flag',
            action: 'flag',
            source: 'policy',
            rule: 'refund-size',
            reason: 'over 100',
          },
        ],
        overrides: [
          {
            id: 'o1',
            kind: 'override',
            decision: 'reject',
            actor: { id: 'ana@example.com', assurance: 'token' },
            reason: 'not this one',
          },
        ],
        containments: [],
        runId: name,
        traceIds: ['a'.repeat(32)],
        rootSpanId: 'b'.repeat(16),
        conversationId: 'conv-1',
        incidentIds: [],
        sampling: { kept: true, rule: 'all', ratio: 1 },
        redaction: { policy: 'none', counts: {} },
        content: 'full',
        timing: {
          startTimeUnixNano: '1795341600000000000',
          endTimeUnixNano: failed ? '1795341602000000000' : '1795341601000000000',
          durationMillis: 1000,
        },
        dialect: 'otel-genai',
        completeness: { rootEnded: true, spans: 3, events: 0, gaps: [] },
      },
    },
  };
}

async function store(...lines: readonly Trajectory[]): Promise<void> {
  const files = createTrajectoryStore(data, { config: { blobs: { minBytes: 4096 } } });
  await files.write(lines);
  await files.close();
}

/** What sampling decided in the hour in which the runs ended. */
async function sampled(counts: Partial<SamplingCounts>): Promise<void> {
  const none = { seen: 0, kept: 0, dropped: 0, keptBytes: 0, droppedBytes: 0 };
  const row = SamplingCounts.parse({
    schema_version: 'aftertrace.sampling.v1',
    hour: '2026-11-22T10:00:00.000Z',
    ...none,
    again: 0,
    readmitted: 0,
    ratioMin: 0.01,
    ratioMax: 1,
    ...counts,
  });
  const folder = path.join(data, 'trajectories', 'sampling');
  await mkdir(folder, { recursive: true });
  await appendFile(path.join(folder, '2026-11-22.jsonl'), `${JSON.stringify(row)}\n`);
}

describe('aftertrace trajectories', () => {
  test('list shows runs, newest first, and filters them', async () => {
    await store(trajectory('a', 'success'), trajectory('b', 'failure'));
    const all = await run(false, 'list');
    expect(all.code).toBe(ExitCode.OK);
    expect(all.out.split('\n').map((row) => row.split(/ {2,}/)[2])).toEqual([
      'AGENT',
      'agent-b',
      'agent-a',
    ]);
    for (const filter of [
      ['--outcome', 'failure'],
      ['--tool', 'refund'],
      ['--class', 'timeout'],
      ['--agent', 'agent-b'],
      ['--limit', '1'],
      ['--since', '2026-11-22T10:00:02Z'],
    ]) {
      const { out } = await run(false, 'list', '--json', ...filter);
      expect(out.split('\n').map((line) => (JSON.parse(line) as { agent: string }).agent)).toEqual([
        'agent-b',
      ]);
    }
    expect((await run(false, 'list', '--conversation', 'other')).out).toBe('no trajectories');
  });

  test('show tells steps, calls with what became of them, decisions and overrides', async () => {
    await store(trajectory('b', 'failure'));
    const { out, code } = await run(false, 'show', idOf('b').slice(5, 15));
    expect(code).toBe(ExitCode.OK);
    for (const part of [
      'failure (likely: test.rule)',
      '  1  user  10:00:00.000',
      '     Refund order 7',
      '12+3 tokens',
      '     > refund {"order":7}',
      '       flag by policy, rule refund-size: over 100',
      '       failed  (timeout, certain, thrown, thrown.timeout)  412 ms',
      'override: reject by ana@example.com (token): not this one',
    ])
      expect(out).toContain(part);
    expect(out).not.toContain('\u001b');
  });

  test('show takes the id of a trace as well, as viewers of traces have it', async () => {
    await store(trajectory('b', 'failure'));
    const { out, code } = await run(false, 'show', 'A'.repeat(32));
    expect(code).toBe(ExitCode.OK);
    expect(out).toContain(idOf('b'));
    expect((await run(false, 'show', 'f'.repeat(32))).err).toContain('there is no trajectory');
  });

  test('show prints nothing of an agent that could steer a terminal, and colours on terminals only', async () => {
    await store(trajectory('b', 'failure', '\u001b[2J\u202egone\r'));
    const { out } = await run(true, 'show', idOf('b'));
    expect(out).toContain('\\x1b[2J\\u202egone\\x0d');
    expect(out).toContain('\u001b[31mfailed\u001b[39m');
    // eslint-disable-next-line no-control-regex
    expect(out.replaceAll(/\u001b\[\d+m/g, '')).not.toMatch(/[\p{Cc}--\n]/v);
  });

  test('show --json gives the line with its large texts', async () => {
    const long = 'x'.repeat(9000);
    await store(trajectory('a', 'success', long));
    const { out } = await run(false, 'show', idOf('a'), '--json');
    expect((JSON.parse(out) as Trajectory).steps[0]?.message).toBe(`Refund order 7\n${long}`);
  });

  test('stats counts', async () => {
    await store(trajectory('a', 'success'), trajectory('b', 'failure'));
    const { out } = await run(false, 'stats');
    expect(out).toMatch(/^2 runs, /);
    expect(out).toMatch(/refund +1 +50.0 %/);
    const json = JSON.parse((await run(false, 'stats', '--json')).out) as Record<string, unknown>;
    expect(json).toMatchObject({ runs: 2, outcomes: { success: 1, failure: 1 } });
  });

  test('stats says how many runs there were before sampling, as an estimate', async () => {
    await store(trajectory('a', 'success'), trajectory('b', 'failure'));
    expect((await run(false, 'stats')).out).not.toContain('ESTIMATED');
    await sampled({ agent: 'agent-a', rule: 'success_ratio', seen: 100, kept: 1, dropped: 99 });
    await sampled({ agent: 'agent-b', rule: 'failure', seen: 3, kept: 3 });
    const { out } = await run(false, 'stats');
    expect(out).toMatch(/^2 runs, /);
    expect(out).toMatch(/ESTIMATED, with what sampling dropped/);
    expect(out).toMatch(/success +1 +99 +~100 +~99.0 %/);
    expect(out).toMatch(/failure +1 +0 +~1 +~1.0 %/);
    expect(out).toContain('2 runs that were kept are in no file any more');
    const json = async (...flags: string[]) =>
      (JSON.parse((await run(false, 'stats', '--json', ...flags)).out) as { estimated?: object })
        .estimated;
    expect(await json()).toMatchObject({ totals: { success: { dropped: 99, runs: 100 } } });
    expect(await json('--agent', 'agent-b')).toMatchObject({ totals: { failure: { runs: 1 } } });
    // Both ended in the first minute of this hour, by which the counts go.
    const later = ['--since', '2026-11-22T10:30:00Z'] as const;
    expect(await json(...later)).toMatchObject({ gone: 0, totals: { success: { runs: 100 } } });
    expect((await run(false, 'stats', ...later)).out).toMatch(/^no trajectories\n[^]*~100/);
    expect(await json('--since', '2026-11-22T11:00:00Z')).toBeUndefined();
    expect(await json('--tool', 'refund')).toBeUndefined();
  });

  test('tail shows the last runs, the newest at the end', async () => {
    await store(trajectory('a', 'success'), trajectory('b', 'failure'));
    const { out } = await run(false, 'tail', '-n', '5');
    expect(out.split('\n').map((line) => line.split('  ')[2])).toEqual(['agent-a', 'agent-b']);
  });

  test.each([
    [['show', 'traj_nothing'], ExitCode.FAILED, 'there is no trajectory'],
    [['list', '--outcome', 'bad'], ExitCode.USAGE, 'there is no outcome bad; there are success'],
    [['list', '--class', 'bad'], ExitCode.USAGE, 'there is no class bad'],
    [['list', '--since', 'soon'], ExitCode.USAGE, 'soon is no time'],
    [['list', '--limit', '-1'], ExitCode.USAGE, 'expected a number'],
  ] as const)('answers %j with exit code %i', async (args, code, message) => {
    await store(trajectory('a', 'success'), trajectory('b', 'failure'));
    const printed = await run(false, ...args);
    expect(printed.code).toBe(code);
    expect(printed.err).toContain(message);
  });
});

describe('rendering', () => {
  test('text keeps its lines and is cut where it is long', () => {
    expect(renderText('a\r\n\tb', '> ', BRIEF)).toEqual(['> a', '>   b']);
    expect(renderText('x\n'.repeat(9), ' ', BRIEF).at(-1)).toBe(' … 2 more lines (--full)');
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        for (const line of renderText(text, '', WHOLE)) expect(line).not.toMatch(/\p{Cc}/u);
      }),
    );
  });

  test.each([
    ['2h', -7_200_000],
    ['1970-01-01', 0],
    ['1970-01-01T00:00:01Z', 1000],
    ['1970-13-01', undefined],
    ['yesterday', undefined],
  ])('the moment %s', (text, millis) => {
    expect(parseMoment(text, 0)).toBe(millis);
  });

  test('styles leave text alone where there are no colours', () => {
    expect(createStyle(false).bad('x')).toBe('x');
    expect(createStyle(true).bad('x')).toBe('\u001b[31mx\u001b[39m');
  });
});

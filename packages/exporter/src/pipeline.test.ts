import { rm } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import type { FileRemoval } from './files/file-keeper.ts';
import { createPipeline } from './pipeline.ts';
import { acceptLogs, acceptTraces, spanId } from './testing/otlp-builder.ts';
import { eachWithPipelines, type PipelineSetup } from './testing/pipeline-setup.ts';
import { foreignStory, refundStory } from './testing/stories.ts';
import { readTrajectories } from './trajectory/read-trajectories.ts';

const trace = (digit: number): string => String(digit).repeat(32);

let at: PipelineSetup;
eachWithPipelines((setup) => {
  at = setup;
});

describe('pipeline', () => {
  it('turns requests into one line a run once the run is complete, and tells of it', async () => {
    const pipeline = await at.started();
    const story = refundStory();
    expect(await pipeline.accept(acceptTraces(story.spans))).toEqual({ kind: 'accepted' });
    expect(await pipeline.accept(acceptLogs(story.logs))).toEqual({ kind: 'accepted' });
    await pipeline.flush();
    expect(await at.lines()).toEqual([]);
    at.now += 1500;
    await pipeline.flush();
    const [line] = await at.lines();
    expect(line).toMatchObject({
      agent: { name: 'support' },
      extra: { aftertrace: { revision: 1, content: 'redacted' } },
    });
    expect(at.told.map(({ file, line: number }) => [file, number])).toEqual([
      ['trajectories/failure/2026-11-22.support.jsonl', 1],
    ]);
    expect(pipeline.stats()).toMatchObject({
      requests: 2,
      spans: 4,
      events: 3,
      store: { written: 1 },
      waiting: 0,
    });
  });

  it('writes the same bytes whether telemetry came as protobuf or as JSON, in one request or in many', async () => {
    const story = refundStory();
    const first = await at.started();
    await first.accept(acceptTraces(story.spans, 'protobuf'));
    await first.accept(acceptLogs(story.logs, 'protobuf'));
    await first.flush({ all: true });
    const expected = await at.textOf('failure');
    await first.shutdown();
    await rm(join(at.dataDir, 'trajectories'), { recursive: true });
    const second = await at.started();
    for (const log of story.logs.toReversed()) await second.accept(acceptLogs([log]));
    for (const span of story.spans) await second.accept(acceptTraces([span]));
    await second.flush({ all: true });
    expect(await at.textOf('failure')).toBe(expected);
    expect(expected.length).toBeGreaterThan(1000);
  });

  it('tells of a failed call as soon as it arrives, once, whether its span or its event came first', async () => {
    const pipeline = await at.started();
    const { spans, logs } = refundStory();
    await pipeline.accept(acceptLogs(logs.slice(0, 2)));
    await Promise.resolve();
    expect(at.findings).toMatchObject([
      {
        kind: 'tool_failure',
        agent: 'support',
        tool: 'refund',
        class: 'not_applied',
        rule: 'json.success_false',
        run: 'run-1',
        conversation: 'conv-1',
        fingerprintParts: [
          'tool_failure',
          'support',
          'refund',
          'not_applied',
          'json.success_false',
        ],
        evidence: [{ spanId: spanId('t1') }],
      },
    ]);
    const [{ id } = { id: '' }] = at.findings;
    await pipeline.accept(acceptTraces(spans));
    await pipeline.flush({ all: true });
    expect(at.findings).toHaveLength(1);
    expect(at.findings[0]?.evidence[0]?.trajectoryId).toBe((await at.lines())[0]?.trajectory_id);
    at.findings.splice(0);
    const other = await at.started({ dataDir: join(at.dataDir, 'other') });
    await other.accept(acceptTraces(spans));
    await other.flush();
    expect(at.findings.map((finding) => finding.id)).toEqual([id]);
  });

  it('judges calls of agents without a guard, and tells of decisions and overrides', async () => {
    const pipeline = await at.started();
    const tool = (
      id: string,
      attributes: { [key: string]: string },
    ): Parameters<typeof acceptTraces>[0][number] => ({
      id,
      parent: 'root',
      attributes: {
        'gen_ai.operation.name': 'execute_tool',
        'gen_ai.tool.name': 'pay',
        'gen_ai.agent.name': 'clerk',
        ...attributes,
      },
    });
    const decision = {
      'aftertrace.tool.outcome': 'denied',
      'aftertrace.decision.verdict': 'block',
      'aftertrace.decision.source': 'policy',
      'aftertrace.decision.rule': 'no-pay',
    };
    await pipeline.accept(
      acceptTraces([
        tool('a', { 'gen_ai.tool.call.result': '{"success":false}' }),
        tool('b', { 'gen_ai.tool.call.result': '{"success":true}' }),
        tool('c', { ...decision, 'aftertrace.decision.id': 'd1' }),
        tool('d', {
          ...decision,
          'aftertrace.decision.id': 'd2',
          'aftertrace.decision.action': 'allow',
        }),
        tool('e', {
          'aftertrace.override.id': 'o1',
          'aftertrace.override.kind': 'approval',
          'aftertrace.override.decision': 'reject',
          'aftertrace.override.actor.id': 'ana',
          'aftertrace.override.reason': 'no',
        }),
      ]),
    );
    await pipeline.flush();
    expect(at.findings.map(({ fingerprintParts }) => fingerprintParts)).toEqual([
      ['tool_failure', 'clerk', 'pay', expect.any(String), 'json.success_false'],
      ['decision', 'clerk', 'pay', 'no-pay'],
      ['override', 'clerk', 'pay', 'approval', 'reject'],
    ]);
  });

  it('writes no second line for telemetry that comes again, and a revision for what comes late', async () => {
    const pipeline = await at.started();
    const { spans } = refundStory();
    await pipeline.accept(acceptTraces(spans));
    at.now += 2000;
    await pipeline.flush();
    await pipeline.accept(acceptTraces(spans));
    at.now += 2000;
    await pipeline.flush();
    expect(at.told).toHaveLength(1);
    await pipeline.accept(
      acceptTraces([
        {
          id: 't2',
          parent: 'agent',
          from: 45,
          to: 46,
          attributes: {
            'aftertrace.run.id': 'run-1',
            'gen_ai.operation.name': 'execute_tool',
            'gen_ai.tool.name': 'mail',
            'gen_ai.tool.call.result': 'ok',
          },
        },
      ]),
    );
    at.now += 2000;
    await pipeline.flush();
    expect(at.told.map(({ trajectory }) => trajectory.extra.aftertrace.revision)).toEqual([1, 2]);
    expect(await at.lines()).toHaveLength(1);
  });

  it('refuses what is no OTLP, counts what it cannot use, and says when it is not running', async () => {
    const pipeline = await at.started();
    const bad = await pipeline.accept({
      signal: 'traces',
      encoding: 'json',
      body: Buffer.from('{"resourceSpans":7}'),
      receivedAt: 0,
    });
    expect(bad).toMatchObject({ kind: 'bad_request', message: expect.stringContaining('list') });
    const [good] = foreignStory(trace(1));
    const partly = await pipeline.accept(
      acceptTraces([{ id: 'x', trace: '00' }, good ?? { id: 'y' }]),
    );
    expect(partly).toMatchObject({ kind: 'accepted', rejected: { count: 1 } });
    await pipeline.shutdown();
    expect(await pipeline.accept(acceptTraces([]))).toMatchObject({
      kind: 'unavailable',
      retryAfterSeconds: 1,
    });
  });

  it('goes on when whoever listens throws', async () => {
    const fail = (): never => {
      throw new Error('not today');
    };
    const pipeline = await at.started({ onFinding: fail, onRun: fail });
    await pipeline.accept(acceptTraces(refundStory().spans));
    await pipeline.flush({ all: true });
    expect(await at.lines()).toHaveLength(1);
    expect(at.logged.map(({ level }) => level)).toEqual(['error', 'error']);
  });

  it('on shutdown writes runs that have ended, and without a journal all others too', async () => {
    const withJournal = await at.started({ journal: at.newJournal() });
    await withJournal.accept(
      acceptTraces([
        ...foreignStory(trace(1)),
        {
          trace: trace(2),
          id: 'open',
          parent: 'gone',
          attributes: { 'gen_ai.operation.name': 'chat' },
        },
      ]),
    );
    await withJournal.shutdown();
    expect(await at.lines()).toHaveLength(1);
    const without = await at.started({ dataDir: join(at.dataDir, 'b') });
    await without.accept(
      acceptTraces([
        {
          trace: trace(2),
          id: 'open',
          parent: 'gone',
          attributes: { 'gen_ai.operation.name': 'chat' },
        },
      ]),
    );
    await without.shutdown();
    expect(await Array.fromAsync(readTrajectories(join(at.dataDir, 'b')))).toHaveLength(1);
  });

  it('writes the incidents that are known into the line', async () => {
    const pipeline = await at.started({ incidentIdsOf: () => ['inc_1'] });
    await pipeline.accept(acceptTraces(foreignStory(trace(1))));
    await pipeline.flush({ all: true });
    expect((await at.lines())[0]?.extra.aftertrace.incidentIds).toEqual(['inc_1']);
  });

  it('refuses a configuration with an unknown field', () => {
    expect(() =>
      createPipeline({ dataDir: at.dataDir, config: { contents: 'full' } as never }),
    ).toThrow(/contents/);
  });

  it('keeps files as configured, and tells before retention deletes one', async () => {
    const removed: FileRemoval[] = [];
    const pipeline = await at.started({
      config: {
        files: {
          retention: {
            maxAgeMillis: 1000,
            minAgeMillis: { success: 0, failure: 0, unresolved: 0 },
          },
          maintenanceIntervalMillis: 5,
        },
      },
      date: () => at.now,
      onRemove: (removal) => void removed.push(removal),
    });
    await pipeline.accept(acceptTraces(refundStory().spans));
    await pipeline.flush({ all: true });
    const [line] = await at.lines();
    expect(removed).toEqual([]);
    at.now = Number(line?.extra.aftertrace.timing.endTimeUnixNano) / 1e6 + 3 * 86_400_000;
    await expect.poll(() => removed.map(({ because }) => because)).toEqual(['age']);
    await expect.poll(() => at.lines()).toEqual([]);
  });
});

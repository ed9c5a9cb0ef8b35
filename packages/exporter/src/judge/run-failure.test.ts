import { Finding } from '@aftertrace/schema';
import { describe, expect, it } from 'vitest';

import { assembling, readable } from '../testing/assembling.ts';
import { AGENT, chat, tool } from '../testing/lines.ts';
import { spanId, TRACE, type LogInput, type SpanInput } from '../testing/otlp-builder.ts';
import { buildTrajectory } from '../trajectory/build-trajectory.ts';
import { createFindingDesk, type FindingDesk } from './finding-desk.ts';

/** Findings that the end of a run adds to those of its spans. */
function findingsOfEnd(
  spans: readonly SpanInput[],
  logs: readonly LogInput[] = [],
  desk: FindingDesk = createFindingDesk(),
): readonly Finding[] {
  const { assembler, ...take } = assembling({ onSpan: (record) => void desk.fromSpan(record, 0) });
  take.logs(0, ...logs);
  take.spans(0, ...spans);
  return assembler
    .closeAll(1)
    .map(readable)
    .flatMap((ready) => desk.fromRun(buildTrajectory(ready, { content: 'full' }), ready.part.runId))
    .map((finding) => Finding.parse(finding));
}

const broken = (errorType: string): SpanInput => ({
  ...AGENT,
  error: 'model answered 500 to ana@example.com',
  attributes: { ...AGENT.attributes, 'error.type': errorType },
});
const stated = (attributes: SpanInput['attributes']): SpanInput => ({
  ...AGENT,
  attributes: { ...AGENT.attributes, ...attributes },
});

describe('the finding of a run that failed by itself', () => {
  it('tells of a run that died on its model, by the type of the error and without its words', () => {
    const [finding, ...others] = findingsOfEnd([
      broken('AI_APICallError'),
      { ...chat('m', 1), error: 'HTTP 500' },
    ]);
    expect(others).toEqual([]);
    expect(finding).toMatchObject({
      at: '2026-11-22T10:00:00.100Z',
      kind: 'run_failure',
      agent: 'clerk',
      rule: 'run.root_error',
      severityHint: 'sev3',
      fingerprintParts: ['run_failure', 'clerk', 'root_error', 'AI_APICallError'],
      summary: 'a run of clerk ended as failure: AI_APICallError',
      evidence: [{ traceId: TRACE, spanId: spanId('agent') }],
    });
    expect(finding?.evidence[0]?.trajectoryId).toBeDefined();
    expect(finding?.tool).toBeUndefined();
  });

  it('has one id for all revisions of the line and another one for every run', () => {
    const id = (...spans: SpanInput[]): string | undefined => findingsOfEnd(spans)[0]?.id;
    const first = id(broken('A'));
    expect(first).toMatch(/^fnd_[0-9a-f]{32}$/);
    expect(id(broken('A'), chat('late', 1))).toBe(first);
    expect(id({ ...broken('A'), trace: 'b'.repeat(32) })).not.toBe(first);
    const desk = createFindingDesk();
    expect(findingsOfEnd([broken('A')], [], desk)).toHaveLength(1);
    expect(findingsOfEnd([broken('A'), chat('late', 1)], [], desk)).toEqual([]);
  });

  it.each([
    [
      'what the application said',
      stated({ 'aftertrace.run.outcome': 'failure', 'aftertrace.run.outcome.basis': 'explicit' }),
      ['explicit', 'run.explicit'],
    ],
    [
      'a limit',
      stated({ 'gen_ai.response.finish_reasons': ['max_turns'] }),
      ['limit_or_loop', 'run.finish_limit'],
    ],
    ['an error without a type', { ...AGENT, error: 'broke' }, ['root_error', 'root_error']],
    ['an abort', broken('AbortError'), ['root_error', 'AbortError']],
  ])('rests on %s', (_basis, root, parts) => {
    expect(findingsOfEnd([root]).map((finding) => finding.fingerprintParts.slice(2))).toEqual([
      parts,
    ]);
  });

  it('rests on an evaluation', () => {
    const evaluation = {
      'gen_ai.evaluation.name': 'done',
      'gen_ai.evaluation.score.label': 'fail',
    };
    const logs = [{ event: 'gen_ai.evaluation.result', span: 'agent', attributes: evaluation }];
    expect(findingsOfEnd([AGENT], logs)).toMatchObject([
      { kind: 'run_failure', rule: 'run.evaluation' },
    ]);
  });

  it.each([
    [
      'a failed call has made one',
      [broken('A'), tool('t', 1, { 'aftertrace.tool.outcome': 'failed' })],
    ],
    [
      'somebody stopped the run',
      [
        stated({
          'aftertrace.run.outcome': 'terminated',
          'aftertrace.run.outcome.basis': 'terminated',
        }),
      ],
    ],
    ['the run succeeded', [stated({ 'gen_ai.response.finish_reasons': ['stop'] })]],
    ['nobody knows how the run ended', [AGENT]],
  ])('is not made where %s', (_why, spans) => {
    const found = findingsOfEnd(spans).map(({ kind }) => kind);
    expect(found.filter((kind) => kind !== 'tool_failure')).toEqual([]);
  });
});

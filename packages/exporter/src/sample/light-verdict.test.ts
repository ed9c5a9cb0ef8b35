import * as fc from 'fast-check';
import { createLoopDetector, type RunToolCall } from '@aftertrace/detection';
import { describe, expect, it } from 'vitest';

import type { ReadyRun } from '../assemble/assembler.ts';
import { judgedInRun } from '../emit/judged.ts';
import { claudeCodeSpanKinds } from '../decode/dialects/testing/claude-code-spans.ts';
import { createFindingDesk } from '../judge/finding-desk.ts';
import { assembling, readable } from '../testing/assembling.ts';
import { AGENT, chat, tool } from '../testing/lines.ts';
import type { LogInput, SpanInput } from '../testing/otlp-builder.ts';
import { foreignStory, refundStory } from '../testing/stories.ts';
import { buildTrajectory } from '../trajectory/build-trajectory.ts';
import { createRunSampling, type RunSampling } from './run-sampling.ts';
import { SamplingConfig } from './sampling-config.ts';
import { arbitraryRun } from './testing/run-arbitrary.ts';

const NO_DISK = {
  dataDir: '/nowhere',
  readBody: () => Promise.reject(new Error('there is no disk')),
};

function sampling(successRatio: number): RunSampling {
  const config = SamplingConfig.parse({ successRatio });
  return createRunSampling({ ...NO_DISK, config, date: () => 0, places: 100 });
}

interface Both {
  readonly light: readonly boolean[];
  readonly full: readonly boolean[];
  readonly looked: readonly string[];
}

/** Whether each run of the telemetry is dropped where no success is kept, by the light verdict and by the full one. */
async function dropped(
  {
    spans,
    logs = [],
  }: { readonly spans: readonly SpanInput[]; readonly logs?: readonly LogInput[] },
  successRatio = 0,
): Promise<Both> {
  const [one, other] = [sampling(successRatio), sampling(successRatio)];
  const findings = createFindingDesk();
  const desk = assembling({
    onSpan: (record) => {
      const { isEventful } = findings.fromSpan(record, 1);
      for (const each of [one, other]) each.noteSpan(record, isEventful, 1);
    },
    onEvent: (record) => {
      const { length } = findings.fromEvent(record);
      for (const each of [one, other]) each.noteEvent(record, length);
    },
  });
  desk.spans(1, ...spans);
  desk.logs(1, ...logs);
  const told: (readonly [unknown, unknown])[] = [];
  const light: boolean[] = [];
  const full: boolean[] = [];
  for (const ready of desk.assembler.closeAll(2)) {
    const lightly = await one.dropLightly(ready);
    light.push(lightly !== undefined);
    const run = buildTrajectory(readable(ready), {
      content: 'full',
      sample: (judged) => other.verdict(ready, judged),
    });
    full.push(!run.sampling.kept);
    if (lightly !== undefined) told.push([judgedOf(lightly, ready), judgedOf(run, ready)]);
  }
  const looked = Object.entries(one.stats().looked).flatMap(([why, count]) =>
    count > 0 ? [why] : [],
  );
  for (const [light, built] of told) expect(light).toEqual(built);
  return { light, full, looked };
}

/** What is told on of the run; a conversation that only spans beside its calls name is not known to the light verdict. */
function judgedOf(run: Parameters<typeof judgedInRun>[0], { part }: ReadyRun): readonly object[] {
  return judgedInRun(run, part).map((judged) => ({ ...judged, conversationId: undefined }));
}

const messages = (...list: readonly object[]): string => JSON.stringify(list);
const proposal = (id: string, name = 'look'): object => ({
  role: 'assistant',
  parts: [{ type: 'tool_call', id, name, arguments: {} }],
});
const result = (id: string, response: string): object => ({
  role: 'tool',
  parts: [{ type: 'tool_call_response', id, response }],
});
const STOP = { 'gen_ai.response.finish_reasons': ['stop'] };
/** A model proposes a call, a tool answers it, and the model ends. */
const conversation = (response: string, ...tools: readonly SpanInput[]): readonly SpanInput[] => [
  AGENT,
  chat('m1', 10, { 'gen_ai.output.messages': messages(proposal('c1')) }),
  ...tools,
  chat('m2', 30, {
    ...STOP,
    'gen_ai.input.messages': messages(proposal('c1'), result('c1', response)),
    'gen_ai.output.messages': messages({ role: 'assistant', content: 'All done!' }),
  }),
];
const CALL = tool('t1', 20, { 'gen_ai.tool.call.id': 'c1', 'gen_ai.tool.call.result': 'found' });
const calls = (count: number, response?: string): readonly SpanInput[] =>
  Array.from({ length: count }, (_, index) =>
    tool(
      `t${index}`,
      20 + index,
      response === undefined ? {} : { 'gen_ai.tool.call.result': response },
    ),
  );

describe('the light verdict', () => {
  it.each([
    ['without content', { spans: foreignStory('b'.repeat(32)) }],
    ['with a tool call that its span tells of', { spans: conversation('found', CALL) }],
    [
      'with a model call that two instrumentations tell of',
      {
        spans: [
          ...conversation('found', CALL),
          {
            ...chat('m1b', 10.2, { 'gen_ai.output.messages': messages(proposal('c1')) }),
            parent: 'm1',
            to: 10.8,
          },
        ],
      },
    ],
    [
      'whatever a history says of a call that a span tells of',
      { spans: conversation('{"success":false}', CALL) },
    ],
    [
      'whatever a history says of an earlier run',
      {
        spans: [
          AGENT,
          chat('m', 1, {
            ...STOP,
            'gen_ai.input.messages': messages(proposal('c0'), result('c0', '{"success":false}')),
          }),
        ],
      },
    ],
    [
      'with proposals that nothing came of, of an agent of ours',
      {
        spans: [
          { ...AGENT, attributes: { ...AGENT.attributes, 'aftertrace.run.id': 'r1' } },
          chat('m', 1, { ...STOP, 'gen_ai.output.messages': messages(proposal('c1')) }),
        ],
      },
    ],
    [
      'with many calls of which nothing is known',
      { spans: [AGENT, chat('m', 1, STOP), ...calls(9)] },
    ],
    ['with a few calls alike', { spans: [AGENT, chat('m', 1, STOP), ...calls(3, 'same')] }],
    [
      'with a decision to allow',
      {
        spans: [
          AGENT,
          chat('m', 1, STOP),
          tool('t', 2, { 'aftertrace.decision.verdict': 'allow' }),
        ],
      },
    ],
  ])('drops an uneventful success %s', async (_name, story) => {
    expect(await dropped(story)).toEqual({ light: [true], full: [true], looked: [] });
  });

  it.each([
    ['unresolved', 'never ended', { spans: [chat('m', 1, STOP)] }, false],
    ['eventful', 'failed', { spans: foreignStory('b'.repeat(32), 'content_filter') }, false],
    ['eventful', 'had a failed call', refundStory(), false],
    [
      'eventful',
      'had a decision, though in shadow',
      {
        spans: [
          AGENT,
          chat('m', 1, STOP),
          tool('t', 2, {
            'aftertrace.decision.verdict': 'block',
            'aftertrace.decision.action': 'allow',
          }),
        ],
      },
      false,
    ],
    [
      'history',
      'had a call that only a history tells of',
      { spans: conversation('{"success":false}') },
      false,
    ],
    ['history', 'had such a call, and it went well', { spans: conversation('found') }, true],
    [
      'history',
      'had a call whose span began before its model was asked',
      { spans: conversation('{"success":false}', { ...CALL, from: 5, to: 6 }) },
      false,
    ],
    [
      'repetition',
      'may have gone in circles',
      { spans: [AGENT, chat('m', 1, STOP), ...calls(4, 'same')] },
      true,
    ],
  ] as const)('looks (%s) where a run %s', async (why, _name, story, isDropped) => {
    expect(await dropped(story)).toEqual({ light: [false], full: [isDropped], looked: [why] });
  });

  const unnamed = {
    role: 'assistant',
    parts: [{ type: 'tool_call', name: 'look', arguments: {} }],
  };
  const failed = {
    role: 'tool',
    parts: [{ type: 'tool_call_response', response: '{"success":false}' }],
  };
  const decided: LogInput = {
    event: 'aftertrace.tool.decision',
    span: 'elsewhere',
    at: 20,
    attributes: {
      'gen_ai.tool.name': 'other',
      'gen_ai.tool.call.id': 'c1',
      'aftertrace.decision.verdict': 'allow',
    },
  };

  it.each([
    [
      'an id stands for two calls, and one span answers',
      [
        AGENT,
        chat('m1', 10, { 'gen_ai.output.messages': messages(proposal('c1')) }),
        chat('m2', 15, {
          'gen_ai.input.messages': messages(proposal('c1'), result('c1', '{"success":false}')),
          'gen_ai.output.messages': messages(proposal('c1')),
        }),
        CALL,
        chat('m3', 30, STOP),
      ],
      [],
    ],
    [
      'calls have no ids',
      [
        AGENT,
        chat('m1', 10, { 'gen_ai.output.messages': messages(unnamed) }),
        tool('t1', 20, { 'gen_ai.tool.name': 'send' }),
        chat('m2', 30, { ...STOP, 'gen_ai.input.messages': messages(unnamed, failed) }),
      ],
      [],
    ],
    [
      'the span with the id is the double of another call',
      conversation(
        '{"success":false}',
        tool('t0', 20, { 'gen_ai.tool.call.id': 'c9', 'gen_ai.tool.call.result': 'found' }),
        { ...CALL, parent: 't0', from: 20.2, to: 20.4 },
      ),
      [],
    ],
    [
      'a decision without a span takes the call',
      conversation('{"success":false}', { ...CALL, from: 25, to: 26 }),
      [decided],
    ],
  ] as const)('looks where %s, since a history decides then', async (_name, spans, logs) => {
    expect(await dropped({ spans, logs })).toEqual({
      light: [false],
      full: [false],
      looked: ['history'],
    });
  });

  it('looks where only a history tells that calls came back alike', async () => {
    const turns = Array.from({ length: 5 }, (_, index) => index);
    const spans = turns.flatMap((index) => [
      chat(`m${index}`, 10 * index, {
        ...STOP,
        'gen_ai.input.messages': messages(
          ...turns
            .slice(0, index)
            .flatMap((each) => [proposal(`c${each}`), result(`c${each}`, 'x')]),
        ),
        ...(index < 4 ? { 'gen_ai.output.messages': messages(proposal(`c${index}`)) } : {}),
      }),
      ...(index < 4
        ? [tool(`t${index}`, 10 * index + 5, { 'gen_ai.tool.call.id': `c${index}` })]
        : []),
    ]);
    expect(await dropped({ spans: [AGENT, ...spans] })).toEqual({
      light: [false],
      full: [false],
      looked: ['repetition'],
    });
  });

  it('looks where a span notes how the call of another went, though it went well', async () => {
    const { name, scope, attributes } = claudeCodeSpanKinds.execution;
    const note = { name, scope, attributes: { ...attributes, success: true } };
    expect(
      await dropped({ spans: [AGENT, chat('m', 1, STOP), { id: 'n', parent: 'agent', ...note }] }),
    ).toMatchObject({ light: [false], looked: ['notes'] });
  });

  it('looks where the trace is among those to keep', async () => {
    const { light, looked } = await dropped({ spans: foreignStory('b'.repeat(32)) }, 1 - 1e-9);
    expect({ light, looked }).toEqual({ light: [false], looked: ['sampled'] });
  });

  it('never drops what the full verdict keeps, and drops most of what that drops', async () => {
    const counts = { drops: 0, lightDrops: 0, kept: 0 };
    await fc.assert(
      fc.asyncProperty(arbitraryRun, async (run) => {
        const { light, full } = await dropped(run);
        for (const [index, isLight] of light.entries()) {
          expect(isLight && full[index] !== true).toBe(false);
          counts.lightDrops += isLight ? 1 : 0;
          counts.drops += full[index] === true ? 1 : 0;
          counts.kept += full[index] === true ? 0 : 1;
        }
      }),
      { numRuns: 1500 },
    );
    // Otherwise the property says nothing.
    expect(counts.kept).toBeGreaterThan(100);
    expect(counts.lightDrops).toBeGreaterThan(counts.drops / 2);
  });

  it('knows how many calls have to be alike for a loop', () => {
    const call = fc.record({
      tool: fc.constantFrom('a', 'b'),
      argumentsDigest: fc.constantFrom('x', 'y'),
      resultDigest: fc.constantFrom('1', '2', '3'),
    });
    const keyOf = (each: object): string => JSON.stringify(each);
    fc.assert(
      fc.property(fc.array(call, { maxLength: 12 }), (list) => {
        const repeated = list.length - new Set(list.map(keyOf)).size;
        const detector = createLoopDetector();
        for (const each of list) {
          const outcome = { outcome: 'ok', certainty: 'likely', rule: 'x' } as const;
          detector.add({ ...each, outcome, step: 1 } satisfies RunToolCall);
        }
        expect(repeated < 3 && detector.loop() !== undefined).toBe(false);
      }),
    );
  });
});

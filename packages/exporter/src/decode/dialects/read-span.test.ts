import { readFileSync } from 'node:fs';

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { encodeTraces } from '../encode-traces.ts';
import { tracesFromProtobuf } from '../protobuf-traces.ts';
import type { TelemetryAttributes, TelemetrySpan } from '../telemetry.ts';
import type { Dialect } from './dialect.ts';
import { DIALECTS } from './dialects.ts';
import { readSpan, roleOf } from './read-span.ts';
import { decoded, type RecordedSpan } from './testing/recorded-span.ts';
import { RECORDED } from './testing/recorded-spans.ts';
import { plainModel, plainTool } from './testing/plainly.ts';

/** The dialect of last resort: several others speak its names with a few of their own. */
const LAST = 'otel-genai';

/** Where it is not one: hermes-otel writes the kind of another on every span, and is asked before it. */
const CLAIMS = new Map<string, readonly string[]>([
  [LAST, []],
  ['unknown', []],
  ['hermes-otel', ['hermes-otel', 'openinference']],
]);

const claimsOf = (recorded: RecordedSpan): string[] =>
  DIALECTS.filter((dialect) => claims(dialect, decoded(recorded))).map(({ id }) => id);

function claims(dialect: Dialect, span: TelemetrySpan): boolean {
  const { scope, attributes } = span;
  const answer = dialect.speaks({ scopeName: scope.name, has: (key) => attributes.has(key) });
  return answer === 'perhaps' ? dialect.matches?.(span) === true : answer;
}

/** Attributes that count what was decoded, as the decoder's own do not decode for `has` or for keys. */
function watched(span: TelemetrySpan): { span: TelemetrySpan; readonly read: Set<string> } {
  const read = new Set<string>();
  const inner = span.attributes;
  const attributes: TelemetryAttributes = Object.assign(new Map(inner), {
    get: (name: string) => {
      read.add(name);
      return inner.get(name);
    },
  });
  return { span: { ...span, attributes }, read };
}

/** What is said of the span, beside what it is told by. */
function kindAndRole(span: TelemetrySpan): string {
  const { role, dialect } = readSpan(span);
  const keys = [...span.attributes.keys()].sort();
  return JSON.stringify([span.name, span.scope.name, keys, dialect, role, roleOf(span)]);
}

describe('spans against dialects', () => {
  it('has spans of every dialect, and more than one role of each', () => {
    const few = DIALECTS.filter(({ id }) => {
      const roles = RECORDED.filter(([, span]) => span.dialect === id).map(([, span]) => span.role);
      return new Set(roles).size < 2;
    });
    expect(few).toEqual([]);
  });

  it.each(RECORDED)('%s is claimed by its own dialect and no other', (_name, recorded) => {
    const particular = claimsOf(recorded).filter((id) => id !== LAST);
    expect(particular).toEqual(CLAIMS.get(recorded.dialect) ?? [recorded.dialect]);
  });

  it('leaves spans of strangers to nobody', () => {
    const strangers = RECORDED.filter(([, { dialect }]) => dialect === 'unknown');
    expect(strangers.flatMap(([, span]) => claimsOf(span))).toEqual([]);
    expect(strangers.length).toBeGreaterThan(1);
  });

  it.each(RECORDED)('%s has its role, with and without a view', (_name, recorded) => {
    const span = decoded(recorded);
    const { role, dialect } = readSpan(span);
    expect({ role, dialect }).toEqual({ role: recorded.role, dialect: recorded.dialect });
    expect(roleOf(span)).toBe(recorded.role);
  });
});

it('takes spans of one shape for what each of them is, whatever spans of that shape were before', () => {
  const some = fc
    .nat(RECORDED.length - 1)
    .map((index) => (RECORDED[index] as (typeof RECORDED)[number])[1]);
  const mixed = fc
    .record({ keys: some, name: some, scope: some })
    .map(({ keys, name, scope }) => decoded({ ...keys, name: name.name, scope: scope.scope }));
  fc.assert(
    fc.property(fc.array(mixed, { minLength: 1, maxLength: 20 }), (spans) => {
      const ofWire = tracesFromProtobuf(encodeTraces(spans)).spans.map(kindAndRole);
      expect(ofWire.toSorted()).toEqual(spans.map(kindAndRole).toSorted());
    }),
    { numRuns: 300 },
  );
});

it('knows our own agents by their scope, whatever others add to their spans', () => {
  const added = { 'traceloop.workflow.name': 'shop', 'openinference.span.kind': 'CHAIN' };
  const own = (attributes: RecordedSpan['attributes']) =>
    readSpan(
      decoded({
        dialect: LAST,
        role: 'tool',
        name: 'execute_tool look',
        scope: '@aftertrace/instrumentation',
        attributes: { ...attributes, ...added },
      }),
    );
  const { role, dialect } = own({ 'gen_ai.operation.name': 'execute_tool' });
  expect({ role, dialect }).toEqual({ role: 'tool', dialect: LAST });
  expect(own({}).dialect).toBe('unknown');
});

describe('what is read when', () => {
  const CONTENT = /message|prompt|completion|input|output|args|arguments|result|tools|definitions/;

  it.each(RECORDED)('%s is classified without its content', (_name, recorded) => {
    const { span, read } = watched(decoded(recorded));
    const view = readSpan(span);
    void [view.agentName, view.conversationId, view.userId, view.model, view.tool?.name];
    expect([...read].filter((name) => CONTENT.test(name) && name !== 'hermes.span_kind')).toEqual(
      [],
    );
  });

  it('parses messages once, when they are asked for', () => {
    const recorded = RECORDED.find(([name]) => name === 'aiSdkOtel.call')?.[1];
    if (recorded === undefined) throw new Error('the recording is gone');
    const { model } = readSpan(decoded(recorded));
    expect(model?.input).toHaveLength(2);
    expect(model?.input).toBe(model?.input);
    expect(model?.output).toBe(model?.output);
    expect(model?.toolDefinitions).toBe(model?.toolDefinitions);
  });

  it('keeps a result that is not there as not there', () => {
    const recorded = RECORDED.find(([name]) => name === 'anyAgentSpans.tool')?.[1];
    if (recorded === undefined) throw new Error('the recording is gone');
    const { span, read } = watched(decoded(recorded));
    const { tool } = readSpan(span);
    expect([tool?.result, tool?.result]).toEqual([undefined, undefined]);
    read.clear();
    expect(tool?.result).toBeUndefined();
    expect([...read]).toEqual([]);
  });
});

describe('hostile spans', () => {
  const value = fc.oneof(
    fc.string(),
    fc.double(),
    fc.bigInt(),
    fc.boolean(),
    fc.constant(null),
    fc.constant('['.repeat(20_000)),
    fc.constant('{"output":{"lc":'),
    fc.json(),
    fc.array(fc.oneof(fc.string(), fc.constant(null), fc.dictionary(fc.string(), fc.string()))),
    fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.integer(), fc.array(fc.string()))),
  );

  it('are read without a throw, whatever stands in the attributes that a dialect knows', () => {
    const changed = fc
      .constantFrom(...RECORDED.map(([, recorded]) => decoded(recorded)))
      .chain((span) =>
        fc
          .tuple(...[...span.attributes.keys()].map(() => fc.option(value, { nil: undefined })))
          .map((values) => ({ span, values })),
      );
    fc.assert(
      fc.property(changed, ({ span, values }) => {
        const attributes = new Map(span.attributes);
        for (const [index, key] of [...span.attributes.keys()].entries()) {
          const other = values[index];
          if (other !== undefined) attributes.set(key, other);
        }
        const view = readSpan({ ...span, attributes });
        const { model, tool, note, agentName, agentVersion, conversationId, userId } = view;
        const read = [plainModel(model), plainTool(tool), plainTool(note?.tool), note];
        expect([...read, agentName, agentVersion, conversationId, userId]).toHaveLength(8);
      }),
      { numRuns: 300 },
    );
  });
});

it('lists every dialect in the README, in no other words', () => {
  const readme = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8');
  const section = readme.split('## Dialects')[1]?.split('## ')[0] ?? '';
  const listed = [...section.matchAll(/^\| `([a-z-]+)` +\|/gm)].map(([, id]) => id);
  expect(new Set(listed)).toEqual(new Set(DIALECTS.map(({ id }) => id)));
});

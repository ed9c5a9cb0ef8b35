import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { actionDigest, canonicalJson, digest, trajectoryId } from './canonical.ts';

describe('canonicalJson', () => {
  test.each([
    // RFC 8785, 3.2.2 and 3.2.3
    [{ b: 1, a: 2 }, '{"a":2,"b":1}'],
    [[56, { d: true, '10': null, '1': [] }], '[56,{"1":[],"10":null,"d":true}]'],
    [333333333.3333333, '333333333.3333333'],
    [1e30, '1e+30'],
    [4.5, '4.5'],
    ['€$\u000f\nA\'B"\\', '"€$\\u000f\\nA\'B\\"\\\\"'],
    [{ '€': 1, '\r': 2, '1': 3 }, '{"\\r":2,"1":3,"€":1}'],
  ])('writes %j as RFC 8785 says', (value, text) => {
    expect(canonicalJson(value)).toBe(text);
  });

  test('does not depend on the order of keys', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (object) => {
        const reversed = Object.fromEntries(Object.entries(object).reverse());
        expect(canonicalJson(reversed)).toBe(canonicalJson(object));
      }),
    );
  });

  test('refuses what has no reproducible form', () => {
    const cyclic: Record<string, unknown> = {};
    cyclic['self'] = cyclic;
    expect(() => canonicalJson(cyclic)).toThrow(/circular|cyclic/i);
    expect(() => canonicalJson({ value: Number.NaN })).toThrow(/NaN/);
  });
});

describe('digests', () => {
  test('have a prefix that names the algorithm', () => {
    expect(digest({})).toBe(
      'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a',
    );
  });

  test('an action digest changes with every part it binds', () => {
    const base = { agent: 'support', tool: 'refund', arguments: { order: '7' }, run: 'r1' };
    const digests = [
      base,
      { ...base, agent: 'sales' },
      { ...base, tool: 'lookup' },
      { ...base, arguments: { order: '8' } },
      { ...base, run: 'r2' },
    ].map(actionDigest);
    expect(new Set(digests).size).toBe(digests.length);
  });

  test('a trajectory id is a function of the run id, else of trace and root span', () => {
    const trace = { traceId: 'a'.repeat(32), rootSpanId: 'b'.repeat(16) };
    expect(trajectoryId({ runId: 'r1', ...trace })).toBe(
      trajectoryId({ runId: 'r1', traceId: 'c'.repeat(32), rootSpanId: 'd'.repeat(16) }),
    );
    expect(trajectoryId(trace)).not.toBe(trajectoryId({ runId: 'r1', ...trace }));
    expect(trajectoryId(trace)).toMatch(/^traj_[0-9a-f]{32}$/);
  });
});

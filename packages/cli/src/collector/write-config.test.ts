import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { parse } from 'yaml';

import type { CollectorAnswersInput } from './collector-answers.ts';
import { COMMITTED_CONFIGS } from './committed-configs.ts';
import { writeCollectorConfig } from './write-config.ts';

type Sections = Record<'exporters' | 'service', Record<string, object>>;

const anyAnswers: fc.Arbitrary<CollectorAnswersInput> = fc.record(
  {
    kind: fc.constantFrom('laptop', 'production', 'gateway'),
    companion: fc.constantFrom('http://127.0.0.1:4319', 'https://companion.example:4319/'),
    traces: fc.constantFrom('http://tempo:4318', 'http://[::1]:4318'),
    prometheus: fc.constantFrom('127.0.0.1:8889', '[::]:8889'),
    redact: fc.boolean(),
    sampling: fc.constantFrom('none', 'head', 'tail'),
    judged: fc.constantFrom('127.0.0.1:14319'),
    replicas: fc.constantFrom(['gateway.observability.svc'], ['a:14317', 'b:14317']),
  },
  { requiredKeys: [] },
);

test('whatever is answered, every part that is defined is used, and none that is not', () => {
  fc.assert(
    fc.property(anyAnswers, (answers) => {
      const { service, ...parts } = parse(writeCollectorConfig(answers)) as Sections;
      const defined = Object.values(parts).flatMap((part) => Object.keys(part));
      const pipelines = Object.values(service['pipelines'] ?? {}) as Record<string, string[]>[];
      const used = pipelines.flatMap((pipeline) => Object.values(pipeline).flat());
      const all = [...used, ...((service['extensions'] as string[] | undefined) ?? [])];
      expect([...new Set(all)].toSorted()).toEqual([...new Set(defined)].toSorted());
    }),
  );
});

test('traces and events both reach the companion, or the Collector that their trace belongs to', () => {
  fc.assert(
    fc.property(anyAnswers, (answers) => {
      const { service } = parse(writeCollectorConfig(answers)) as Sections;
      const { traces, logs } = service['pipelines'] as Record<string, { exporters: string[] }>;
      expect(traces?.exporters).toContain('otlp_http/companion');
      expect(logs?.exporters).toContain('otlp_http/companion');
    }),
  );
});

test.each(['http://a\n  b: c', 'http://a}', 'http://user:secret@a', 'http://a?b', 'ftp://a', 'a'])(
  'an address that could change the file is refused: %j',
  (companion) => {
    expect(() => writeCollectorConfig({ companion })).toThrow(/companion/);
  },
);

test('nothing is compressed on loopback, and zstd is taken elsewhere', () => {
  const compressionTo = (companion: string): unknown => {
    const { exporters } = parse(writeCollectorConfig({ companion })) as Sections;
    return (exporters['otlp_http/companion'] as { compression: string }).compression;
  };
  const byDefault = (name: string): string => `\${env:COMPANION_COMPRESSION:-${name}}`;
  expect(compressionTo('http://localhost:4319')).toBe(byDefault('none'));
  expect(compressionTo('http://[::1]:4319')).toBe(byDefault('none'));
  expect(compressionTo('http://companion:4319')).toBe(byDefault('zstd'));
});

test('every kind of pipeline is committed once', () => {
  const files = COMMITTED_CONFIGS.map(({ file }) => file);
  expect(new Set(files).size).toBe(files.length);
});

test('only what every distribution has is said to run in any', () => {
  const traces = 'http://127.0.0.1:4318';
  const programOf = (answers: Parameters<typeof writeCollectorConfig>[0]): string =>
    /^#\s+(otelcol\S*) --config/m.exec(writeCollectorConfig(answers))?.[1] ?? '';
  expect(programOf({ kind: 'laptop', traces })).toBe('otelcol');
  expect(programOf({ kind: 'laptop', traces, sampling: 'tail' })).toBe('otelcol-contrib');
  expect(programOf({ kind: 'laptop', sampling: 'tail' })).toBe('otelcol');
});

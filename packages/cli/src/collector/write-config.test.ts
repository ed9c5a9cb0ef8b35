import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { parse } from 'yaml';

import { CollectorAnswers, type CollectorAnswersInput } from './collector-answers.ts';
import { COMMITTED_CONFIGS } from './committed-configs.ts';
import { writeCollectorConfig } from './write-config.ts';

type Sections = Record<'exporters' | 'service', Record<string, object>>;

const anyAnswers: fc.Arbitrary<CollectorAnswersInput> = fc
  .record(
    {
      kind: fc.constantFrom('laptop', 'production', 'gateway'),
      companion: fc.constantFrom('http://127.0.0.1:4319', 'https://companion.example:4319/'),
      traces: fc.constantFrom('http://tempo:4318', 'http://[::1]:4318'),
      prometheus: fc.constantFrom('127.0.0.1:8889', '[::]:8889'),
      redact: fc.boolean(),
      token: fc.boolean(),
      caFile: fc.constantFrom('/etc/aftertrace/ca.crt'),
      certFile: fc.constantFrom('/etc/aftertrace/tls.crt'),
      keyFile: fc.constantFrom('/etc/aftertrace/tls.key'),
      sampling: fc.constantFrom('none', 'head', 'tail'),
      judged: fc.constantFrom('127.0.0.1:14319'),
      logs: fc.constantFrom('http://loki:3100/otlp'),
      replicas: fc.constantFrom<string[]>(
        ['gateway.observability.svc'],
        ['a:14317', 'b'],
        ['[::1]:2', '[::1]'],
      ),
    },
    { requiredKeys: [] },
  )
  // What nothing would follow from is refused.
  .filter((answers) => CollectorAnswers.safeParse(answers).success);

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

test('instances of a gateway are reached where whole traces come in, not where agents send', () => {
  const resolverOf = (...replicas: string[]): unknown => {
    const text = writeCollectorConfig({ kind: 'gateway', replicas });
    const { exporters } = parse(text) as Sections;
    return (exporters['load_balancing/whole'] as { resolver: unknown }).resolver;
  };
  expect(resolverOf('a', 'b:9', '10.0.0.1', '[::1]', '[::1]:2')).toEqual({
    static: { hostnames: ['a:14317', 'b:9', '10.0.0.1:14317', '[::1]:14317', '[::1]:2'] },
  });
  expect(resolverOf('a:9')).toEqual({ static: { hostnames: ['a:9'] } });
  expect(resolverOf('[::1]')).toEqual({ static: { hostnames: ['[::1]:14317'] } });
  expect(resolverOf('gateway.svc')).toMatchObject({
    dns: { hostname: '${env:GATEWAY_HOSTNAME:-gateway.svc}', port: '${env:GATEWAY_PORT:-14317}' },
  });
});

test.each<[CollectorAnswersInput, RegExp]>([
  [{ kind: 'gateway', replicas: ['a:4317', 'b'] }, /4317 and 4318 take in what agents send/],
  [{ kind: 'gateway', replicas: ['a', '[::1]:4318'] }, /4317 and 4318 take in what agents send/],
  [{ kind: 'gateway', replicas: ['a:0'] }, /port from 1 to 65535/],
  [{ kind: 'gateway', replicas: ['a:65536'] }, /port from 1 to 65535/],
  [{ kind: 'gateway', replicas: ['::1'] }, /NAME or HOST:PORT/],
  [{ kind: 'gateway', replicas: ['[1:2]:9'] }, /NAME or HOST:PORT/],
  [{ kind: 'gateway', replicas: ['a/b'] }, /NAME or HOST:PORT/],
  [{ kind: 'gateway', replicas: [] }, /replicas/],
  [{ prometheus: '127.0.0.1:0' }, /port from 1 to 65535/],
  [{ prometheus: '127.0.0.1:99999' }, /port from 1 to 65535/],
  [{ prometheus: '127.0.0.1' }, /HOST:PORT/],
  [{ judged: '[::::]:1' }, /HOST:PORT/],
  [{ traces: 'http://jaeger:0' }, /port 0/],
  [{ traces: 'http://jaeger:99999' }, /traces/],
  [{ traces: 'http://jaeger:4318/v1/traces' }, /without .v1.traces/],
  [{ companion: 'http://127.0.0.1:4319/v1/logs/' }, /without .v1.traces/],
  [{ companion: 'http://companion:4320' }, /4320 is the companion's console/],
  [{ traces: 'http://127.0.0.1:4318' }, /send to itself/],
  [{ traces: 'http://localhost:4317' }, /send to itself/],
  [{ companion: 'http://127.0.0.1:4318' }, /send to itself/],
  [{ kind: 'gateway', companion: 'http://localhost:14317' }, /send to itself/],
  [{ traces: 'http://[::1]:14319', judged: '[::]:14319' }, /send to itself/],
  [{ traces: 'http://0.0.0.0:4318' }, /send to itself/],
  [{ traces: 'http://127.0.0.2:14319', judged: '0.0.0.0:14319' }, /send to itself/],
  [{ traces: 'http://[::1]:14319', judged: '[0:0:0:0:0:0:0:1]:14319' }, /send to itself/],
  [{ judged: '127.0.0.1:4318' }, /listens there already/],
  [{ judged: '0.0.0.0:4317' }, /listens there already/],
  [{ kind: 'gateway', judged: '127.0.0.1:14317' }, /listens there already/],
  [{ prometheus: '127.0.0.1:8888' }, /listens there already/],
  [{ kind: 'production', prometheus: 'localhost:13133' }, /listens there already/],
  [{ judged: 'LOCALHOST:4318' }, /listens there already/],
  [{ judged: '127.0.0.1:9000', prometheus: '0.0.0.0:9000' }, /listens there already/],
  [{ caFile: '/etc/ca.crt' }, /https address/],
  [{ companion: 'https://a', caFile: "/etc/ca'.crt" }, /path of letters/],
  [{ certFile: '/own.crt', keyFile: '/own.key' }, /https address/],
  [{ companion: 'https://a', certFile: '/own.crt' }, /private key of --cert-file/],
  [{ companion: 'https://a', keyFile: '/own.key' }, /certificate of --key-file/],
  [{ sampling: 'tail' }, /--traces/],
  [{ sampling: 'head' }, /--traces/],
  [{ logs: 'http://loki:3100' }, /--judged/],
  [{ replicas: ['a'] }, /--kind gateway/],
  [{ kind: 'production', replicas: ['a'] }, /--kind gateway/],
])('an answer that nothing works with, or nothing follows from, is refused: %j', (answers, why) => {
  expect(() => writeCollectorConfig(answers)).toThrow(why);
});

test.each<CollectorAnswersInput>([
  // It has no health check.
  { prometheus: '127.0.0.1:13133' },
  { companion: 'http://127.0.0.1:13133' },
  // Another address than that at which it listens.
  { traces: 'http://127.0.0.2:4318' },
  { judged: '127.0.0.2:4318' },
  { traces: 'http://[::1]:4318' },
  { traces: 'http://jaeger:4318', judged: '10.0.0.1:4318' },
  { companion: 'http://localhost:14317' },
  { judged: '127.0.0.1:9000', prometheus: '127.0.0.2:9000' },
])('what is at an address or port of its own is not refused: %j', (answers) => {
  expect(() => writeCollectorConfig(answers)).not.toThrow();
});

test('a companion that asks for a token gets one, by a certificate that is checked', () => {
  const text = writeCollectorConfig({
    companion: 'https://companion.example:4319',
    token: true,
    caFile: '/etc/aftertrace/ca.crt',
  });
  const { exporters } = parse(text) as Sections;
  expect(exporters['otlp_http/companion']).toMatchObject({
    headers: { authorization: 'Bearer ${env:COMPANION_TOKEN}' },
    tls: { ca_file: '${env:COMPANION_CA_FILE:-/etc/aftertrace/ca.crt}' },
  });
  expect(writeCollectorConfig({})).not.toMatch(/authorization|ca_file|cert_file/);
});

test('a companion that asks for a certificate is shown one, which is read again when it was renewed', () => {
  const text = writeCollectorConfig({
    companion: 'https://companion.example:4319',
    certFile: '/etc/aftertrace/tls.crt',
    keyFile: '/etc/aftertrace/tls.key',
  });
  const { exporters } = parse(text) as Sections;
  expect(exporters['otlp_http/companion']).toMatchObject({
    tls: {
      cert_file: '${env:COMPANION_CERT_FILE:-/etc/aftertrace/tls.crt}',
      key_file: '${env:COMPANION_KEY_FILE:-/etc/aftertrace/tls.key}',
      reload_interval: '1m',
    },
  });
});

test('what viewers are told is refused and lost behind the point at which agents have their answer', () => {
  fc.assert(
    fc.property(anyAnswers, (answers) => {
      const { service } = parse(writeCollectorConfig(answers)) as Sections;
      const pipelines = service['pipelines'] as Record<string, { processors?: string[] }>;
      const processors = pipelines['traces/viewers']?.processors ?? ['batch/viewers'];
      const detached = processors.indexOf('batch/viewers');
      expect(detached).toBeGreaterThanOrEqual(0);
      const before = processors.slice(0, detached);
      expect(before.filter((id) => !id.startsWith('probabilistic_sampler'))).toEqual([]);
      const isTail = answers.sampling === 'tail';
      const behind = isTail ? ['memory_limiter/viewers', 'tail_sampling/viewers'] : [];
      expect(processors.slice(detached + 1)).toEqual(behind);
    }),
  );
});

test('every kind, sampling and way back is committed, and no two files are made of the same', () => {
  const made = COMMITTED_CONFIGS.map(({ answers }) => CollectorAnswers.parse(answers));
  const valuesOf = (read: (answers: CollectorAnswers) => unknown): ReadonlySet<unknown> =>
    new Set(made.map(read));
  const { kind, sampling } = CollectorAnswers.shape;
  expect(valuesOf((answers) => answers.kind)).toEqual(new Set(kind.unwrap().options));
  expect(valuesOf((answers) => answers.sampling)).toEqual(new Set(sampling.unwrap().options));
  for (const field of ['traces', 'prometheus', 'judged'] as const)
    expect(valuesOf((answers) => answers[field] !== undefined)).toEqual(new Set([true, false]));
  expect(valuesOf(({ redact }) => redact)).toEqual(new Set([true, false]));
  expect(valuesOf((answers) => JSON.stringify(answers)).size).toBe(made.length);
  expect(new Set(COMMITTED_CONFIGS.map(({ file }) => file)).size).toBe(made.length);
});

test('only what every distribution has is said to run in any', () => {
  const traces = 'http://127.0.0.1:14318';
  const programOf = (answers: Parameters<typeof writeCollectorConfig>[0]): string =>
    /^#\s+(otelcol\S*) --config/m.exec(writeCollectorConfig(answers))?.[1] ?? '';
  expect(programOf({ kind: 'laptop', traces })).toBe('otelcol');
  expect(programOf({ kind: 'laptop', traces, sampling: 'tail' })).toBe('otelcol-contrib');
});

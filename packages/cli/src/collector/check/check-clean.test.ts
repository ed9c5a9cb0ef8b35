import { describe, expect, test } from 'vitest';

import { COMMITTED_CONFIGS } from '../committed-configs.ts';
import { writeCollectorConfig } from '../write-config.ts';
import { checkCollectorConfig } from './check-config.ts';
import { change, findingsOf, GATEWAY, PRODUCTION, TAIL, withProcessor } from './testing/configs.ts';

describe('what is no trap', () => {
  test('retries of a balancer of which no end is said: that is its default', () => {
    const text = change(GATEWAY, /(routing_key[^]*?) +max_elapsed_time: 0\n/, '$1');
    expect(checkCollectorConfig(text)).toMatchObject({ ok: true, findings: [] });
  });

  test.each(COMMITTED_CONFIGS)('$file as it is committed', ({ answers }) => {
    const findings = findingsOf(checkCollectorConfig(writeCollectorConfig(answers)));
    expect(findings.filter(({ severity }) => severity !== 'note')).toEqual([]);
  });

  test('parts that are not known', () => {
    const text = withProcessor(PRODUCTION, 'quantum/flux: { level: 9 }', 'quantum/flux');
    expect(findingsOf(checkCollectorConfig(text))).toEqual([]);
  });

  test('a batch processor before a queue in memory, and a filter by resource', () => {
    const memory = change(PRODUCTION, '      storage: file_storage/companion\n', '');
    const batched = withProcessor(memory, 'batch:', 'batch');
    const filtered = withProcessor(
      batched,
      `filter/dev: { traces: { span: ['resource.attributes["env"] == "dev"'] } }`,
      'filter/dev',
    );
    const rules = findingsOf(checkCollectorConfig(filtered)).map(({ rule }) => rule);
    expect(rules).toEqual(['queue-without-storage']);
  });

  test('a viewer behind a tail sampler, which answers before it has decided', () => {
    const text = change(
      TAIL,
      ', tail_sampling/viewers]',
      ', tail_sampling/viewers, batch/viewers]',
    );
    expect(findingsOf(checkCollectorConfig(text))).toEqual([]);
  });

  test('a token to this machine, or by TLS', () => {
    const answers = { kind: 'production', token: true } as const;
    const tls = { companion: 'https://companion:4319', caFile: '/etc/ca.crt' };
    const byTls = writeCollectorConfig({ ...answers, ...tls });
    const near = writeCollectorConfig({ ...answers, companion: 'http://127.0.0.1:4319' });
    // What the address says goes before that.
    const insecure = change(byTls, '    tls:\n', '    tls:\n      insecure: true\n');
    for (const text of [near, byTls, insecure])
      expect(findingsOf(checkCollectorConfig(text))).toEqual([]);
  });

  test('an exporter that goes elsewhere, whatever it does', () => {
    expect(PRODUCTION).toMatch(/otlp_http\/traces/);
    const text = change(PRODUCTION, /otlp_http\/traces:\n/, 'otlp_http/traces:\n    timeout: 1s\n');
    expect(findingsOf(checkCollectorConfig(text))).toEqual([]);
  });
});

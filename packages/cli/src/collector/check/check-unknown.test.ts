import { describe, expect, test } from 'vitest';

import { checkCollectorConfig } from './check-config.ts';
import { change, findingsOf, GATEWAY, PRODUCTION, withProcessor } from './testing/configs.ts';

/** A setting or section that is decided elsewhere, and where that is noted. */
interface Unknown {
  readonly text: string;
  readonly where: readonly string[];
}

const COMPANION = 'exporters.otlp_http/companion';
const hide = (text: string, name: string, value: string): string =>
  change(
    text,
    new RegExp(`^(?<indent> *)${name}:.*\\n(?:\\k<indent> +.*\\n|\\n)*`, 'm'),
    `$<indent>${name}: ${value}\n`,
  );

const UNKNOWN: readonly Unknown[] = [
  ...[
    ['receivers', '${file:receivers.yaml}'],
    ['processors', '${file:processors.yaml}'],
    ['connectors', '${file:connectors.yaml}'],
    ['exporters', '${file:exporters.yaml}'],
    ['extensions', '${file:extensions.yaml}'],
    ['service', '${file:service.yaml}'],
  ].map(([name = '', value = '']): Unknown => ({
    text: hide(PRODUCTION, name, value),
    where: [name],
  })),
  {
    text: hide(PRODUCTION, 'pipelines', '${file:pipelines.yaml}'),
    where: ['service.pipelines'],
  },
  {
    text: hide(PRODUCTION, 'logs', '${file:logs.yaml}'),
    where: ['service.pipelines.logs'],
  },
  {
    text: change(
      PRODUCTION,
      /(logs:\n.*\n.*\n +exporters: ).*/,
      '$1[otlp_http/traces, "${env:MORE}"]',
    ),
    where: ['service.pipelines.logs.exporters.1'],
  },
  {
    text: change(
      PRODUCTION,
      'processors: [memory_limiter',
      'processors: ["${env:MORE}", memory_limiter',
    ),
    where: ['service.pipelines.traces.processors.0'],
  },
  {
    text: change(PRODUCTION, /otlp_http\/companion/g, 'otlp_http/b').replace(
      '${env:COMPANION_OTLP_URL:-http://127.0.0.1:4319}',
      '${env:BACKEND}',
    ),
    where: ['exporters.otlp_http/b.endpoint'],
  },
  { text: hide(PRODUCTION, 'otlp_http/companion', '${file:c.yaml}'), where: [COMPANION] },
  ...[
    ['max_elapsed_time', 'retry_on_failure.max_elapsed_time'],
    ['retry_on_failure', 'retry_on_failure'],
    ['sending_queue', 'sending_queue'],
    ['storage', 'sending_queue.storage'],
    ['block_on_overflow', 'sending_queue.block_on_overflow'],
    ['batch', 'sending_queue.batch'],
    ['max_size', 'sending_queue.batch.max_size'],
    ['num_consumers', 'sending_queue.num_consumers'],
    ['compression', 'compression'],
    ['keepalive', 'keepalive'],
    ['max_idle_conns_per_host', 'keepalive.max_idle_conns_per_host'],
    ['timeout', 'timeout'],
  ].map(([name = '', where = '']): Unknown => {
    const [before, after] = PRODUCTION.split(/(?=^ {2}otlp_http\/companion:)/m);
    return {
      text: `${before}${hide(after ?? '', name, '${env:VALUE}')}`,
      where: [`${COMPANION}.${where}`],
    };
  }),
  {
    text: hide(PRODUCTION, 'fsync', '${env:FSYNC}'),
    where: ['extensions.file_storage/companion.fsync'],
  },
  {
    text: hide(PRODUCTION, 'file_storage/companion', '${file:storage.yaml}'),
    where: ['extensions.file_storage/companion'],
  },
  {
    text: change(PRODUCTION, '[health_check, file_storage/companion]', '${env:EXTENSIONS}'),
    where: ['service.extensions'],
  },
  {
    text: hide(PRODUCTION, 'allow_all_keys', '${env:ALL}'),
    where: ['processors.redaction/secrets.allow_all_keys'],
  },
  {
    text: hide(PRODUCTION, 'max_request_body_size', '${env:SIZE}'),
    where: ['receivers.otlp.protocols.http.max_request_body_size'],
  },
  {
    text: hide(PRODUCTION, 'protocols', '${file:protocols.yaml}'),
    where: ['receivers.otlp.protocols'],
  },
  {
    text: withProcessor(
      PRODUCTION,
      'filter/health: { traces: { span: ["${env:CONDITION}"] } }',
      'filter/health',
    ),
    where: ['processors.filter/health.traces.span.0'],
  },
  {
    text: hide(GATEWAY, 'routing_key', '${env:KEY}'),
    where: ['exporters.load_balancing/whole.routing_key'],
  },
  {
    text: hide(GATEWAY, 'protocol', '${file:p.yaml}'),
    where: ['exporters.load_balancing/whole.protocol'],
  },
];

describe('unknown is not wrong', () => {
  test.each(UNKNOWN)('at $where', ({ text, where }) => {
    const findings = findingsOf(checkCollectorConfig(text));
    expect(findings.filter(({ severity }) => severity !== 'note')).toEqual([]);
    const noted = findings.filter(({ rule }) => rule === 'include-not-followed');
    expect(noted.map((finding) => finding.where)).toEqual(where);
  });

  test('and what is known is still judged beside it', () => {
    const text = change(
      hide(PRODUCTION, 'pipelines', '${file:p.yaml}'),
      'max_elapsed_time: 0',
      'max_elapsed_time: 1h',
    );
    const rules = findingsOf(checkCollectorConfig(text)).map(({ rule }) => rule);
    expect(rules).toEqual(['retry-limit', 'include-not-followed']);
  });

  test('and an exporter that a pipeline does not use is no way out', () => {
    const text = change(
      PRODUCTION,
      'exporters:\n',
      'exporters:\n  otlp_http/unused: { endpoint: "${env:X}" }\n',
    );
    const gone = change(
      change(text, /otlp_http\/companion/g, 'otlp_http/elsewhere'),
      'http://127.0.0.1:4319',
      'http://elsewhere:4318',
    );
    expect(findingsOf(checkCollectorConfig(gone))).toMatchObject([{ rule: 'companion-missing' }]);
  });
});

import { expect, test } from 'vitest';

import { checkCollectorConfig } from './check-config.ts';
import { findingsOf } from './testing/configs.ts';

interface Ends {
  /** Where the exporter sends to, and what it is. */
  readonly to: string;
  readonly exporter?: string;
  /** The protocols of the receiver before it. */
  readonly protocols?: string;
  /** The pipelines besides the exporter's own. */
  readonly besides?: string;
}

const HTTP = 'http: { endpoint: 127.0.0.1:4318 }';

function isCircle({ to, exporter = 'otlp_http', protocols = HTTP, besides = '' }: Ends): boolean {
  const text = `
receivers:
  otlp: { protocols: { ${protocols} } }
  otlp/second: { protocols: { http: { endpoint: 127.0.0.1:5318 } } }
connectors: { span_metrics: {} }
exporters: { ${exporter}/next: { endpoint: '${to}' } }
service:
  pipelines:
    traces: { receivers: [otlp], exporters: [${exporter}/next] }
    ${besides}
`;
  const findings = findingsOf(checkCollectorConfig(text));
  return findings.some(({ rule }) => rule === 'sends-to-itself');
}

test.each<Ends>([
  { to: 'http://127.0.0.1:4318' },
  { to: 'http://localhost:4318/' },
  { to: '${env:NEXT:-http://0.0.0.0:4318}' },
  { to: 'http://127.0.0.1:4318', protocols: 'http:' },
  { to: 'http://127.0.0.1:4318', protocols: "http: { endpoint: ':4318' }" },
  { to: 'http://[::1]:4318', protocols: "http: { endpoint: '[::]:4318' }" },
  { to: 'http://127.0.0.3:4318', protocols: 'http: { endpoint: 0.0.0.0:4318 }' },
  { to: 'localhost:4317', exporter: 'otlp_grpc', protocols: 'grpc: {}' },
  { to: 'http://localhost:4317', exporter: 'otlp', protocols: 'grpc: {}' },
  {
    to: 'http://127.0.0.1:5318',
    besides: 'traces/second: { receivers: [otlp/second], exporters: [otlp_http/next] }',
  },
])('what is sent to where it came in is told: %j', (ends) => {
  expect(isCircle(ends)).toBe(true);
});

test.each<Ends>([
  { to: 'http://jaeger:4318' },
  { to: 'http://127.0.0.1:14318' },
  { to: 'http://127.0.0.2:4318' },
  { to: 'http://[::1]:4318' },
  { to: '${env:NEXT}' },
  { to: 'http://127.0.0.1:4318', protocols: 'http: { endpoint: "${env:OWN}" }' },
  { to: 'http://127.0.0.1:4318', protocols: 'http: "${file:http.yaml}"' },
  { to: 'http://127.0.0.1:4317', protocols: `${HTTP}, grpc: {}` },
  { to: 'not an address', protocols: HTTP },
  // One after the other.
  {
    to: 'http://127.0.0.1:5318',
    besides: 'traces/second: { receivers: [otlp/second], exporters: [debug] }',
  },
  // What comes back is no metrics.
  {
    to: 'http://127.0.0.1:5318',
    besides: `traces/second: { receivers: [otlp/second], exporters: [span_metrics] }
    metrics: { receivers: [span_metrics], exporters: [otlp_http/next] }`,
  },
])('and nothing else is: %j', (ends) => {
  expect(isCircle(ends)).toBe(false);
});

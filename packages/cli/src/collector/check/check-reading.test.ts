import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { checkCollectorConfig } from './check-config.ts';
import { change, findingsOf, PRODUCTION } from './testing/configs.ts';

test('defaults of environment variables count as values', () => {
  const text = change(PRODUCTION, 'max_elapsed_time: 0', 'max_elapsed_time: ${env:LIMIT:-300s}');
  expect(findingsOf(checkCollectorConfig(text))).toMatchObject([{ rule: 'retry-limit' }]);
  const none = change(PRODUCTION, 'max_elapsed_time: 0', 'max_elapsed_time: ${env:LIMIT:-0}');
  expect(findingsOf(checkCollectorConfig(none))).toEqual([]);
});

test('the exporter is the named one, where names and ports do not tell', () => {
  const text = change(PRODUCTION, /otlp_http\/companion/g, 'otlp_http/b');
  const elsewhere = change(text, 'http://127.0.0.1:4319', 'http://recorder.internal');
  expect(findingsOf(checkCollectorConfig(elsewhere))).toMatchObject([
    { rule: 'companion-missing' },
  ]);
  const named = checkCollectorConfig(elsewhere, { exporters: ['otlp_http/b'] });
  expect(findingsOf(named)).toEqual([]);
});

test('anchors and merges are followed', () => {
  const text = change(
    PRODUCTION,
    /( +retry_on_failure:\n)( +enabled: true\n[^]*?max_elapsed_time: 0\n)/,
    '    retry_on_failure:\n      <<: *patient\n',
  );
  const anchored = `patient: &patient { max_elapsed_time: 10m }\n${text}`;
  expect(findingsOf(checkCollectorConfig(anchored))).toMatchObject([
    { rule: 'retry-limit', line: 1 },
  ]);
});

const FAULTY = change(PRODUCTION, 'fsync: true', 'fsync: false');
const indented = (text: string, columns: number): string =>
  text.replaceAll(/^(?=.)/gm, ' '.repeat(columns));

test.each([
  [
    "the Operator's resource",
    `kind: OpenTelemetryCollector\nspec:\n  config:\n${indented(FAULTY, 4)}`,
  ],
  [
    "the Operator's resource of v1alpha1",
    `kind: OpenTelemetryCollector\nspec:\n  mode: deployment\n  config: |\n${indented(FAULTY, 4)}`,
  ],
  [
    'a ConfigMap',
    `kind: ConfigMap\ndata:\n  nginx.conf: 'server { listen 80; }'\n  relay.yaml: |-\n${indented(FAULTY, 4)}`,
  ],
  [
    'one of several documents',
    `# all of it\nkind: Namespace\n---\nkind: ConfigMap\ndata:\n  relay: |\n${indented(FAULTY, 4)}\n---\n---\nkind: Deployment\n`,
  ],
  [
    'a list',
    `kind: List\nitems:\n  - kind: Service\n  - kind: ConfigMap\n    data:\n      relay: |\n${indented(FAULTY, 8)}`,
  ],
  ['one of two configurations', `${PRODUCTION}---\n${FAULTY}`],
])('a configuration is read where it stands: %s', (_, text) => {
  const [finding, ...others] = findingsOf(checkCollectorConfig(text));
  expect(finding?.rule).toBe('storage-without-fsync');
  expect(text.split('\n')[(finding?.line ?? 0) - 1]).toMatch(/^ *fsync: false$/);
  expect(others).toEqual([]);
});

test('each configuration of a file is judged', () => {
  const text = `${FAULTY}---\n${change(FAULTY, 'max_elapsed_time: 0', 'max_elapsed_time: 1h')}`;
  const rules = findingsOf(checkCollectorConfig(text)).map(({ rule }) => rule);
  expect(rules).toEqual(['storage-without-fsync', 'storage-without-fsync', 'retry-limit']);
});

test('the line of what cannot be read is that of the file', () => {
  const text = 'kind: ConfigMap\ndata:\n  relay.yaml: |\n    receivers: {}\n    service: [\n';
  expect(checkCollectorConfig(text)).toMatchObject({ ok: false, line: 6 });
});

test.each([
  '',
  '---\n---\n',
  'a: [',
  '- x',
  'just text',
  'receivers: {}',
  'a: 1\na: 2',
  'a: 1\n---\n- x',
  'kind: List\nitems: &own\n  - { kind: List, items: *own }',
])('what is no configuration of a Collector is said to be none: %j', (text) => {
  expect(checkCollectorConfig(text)).toMatchObject({ ok: false, line: expect.any(Number) });
});

test('nothing that is written there makes it throw', () => {
  const names =
    'exporters service pipelines traces logs otlp_http/companion storage retry_on_failure sending_queue ' +
    'extensions connectors routing table <<';
  const name = fc.constantFrom(...names.split(' '));
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { depthSize: 'medium', withCrossShrink: true },
      fc.constantFrom<unknown>(null, true, 0, '', 'traces', 'otlp_http/companion', '${env:A:-{}}'),
      fc.array(tie('tree'), { maxLength: 3 }),
      fc.dictionary(name, tie('tree'), { maxKeys: 4 }),
    ),
  }));
  const config = fc.record({ service: fc.record({ pipelines: tree }), exporters: tree });
  fc.assert(
    fc.property(fc.oneof(tree, config), (value) => {
      expect(() => checkCollectorConfig(JSON.stringify(value))).not.toThrow();
    }),
  );
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(() => checkCollectorConfig(text)).not.toThrow();
    }),
  );
});

test.each([
  ['kind: Deployment\n---\nkind: Service\n', /in Deployment, Service: give its YAML, a ConfigMap/],
  ['kind: ConfigMap\ndata:\n  nginx.conf: x\n', /in ConfigMap: give/],
  ['kind: ConfigMap\ndata:\n  relay.yaml: |\n    receivers: {}\n', /no service.pipelines/],
  ['kind: OpenTelemetryCollector\nspec:\n  config: |\n    receivers: {}\n', /no service.pipelines/],
  ['kind: OpenTelemetryCollector\nspec: {}\n', /no spec.config/],
  ['receivers: {}\n', /no service.pipelines/],
])('what it cannot read it says in words: %j', (text, message) => {
  expect(checkCollectorConfig(text)).toMatchObject({
    ok: false,
    message: expect.stringMatching(message),
  });
});

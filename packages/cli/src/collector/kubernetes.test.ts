import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

import { expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';

import { parseConfigFile } from '../config/config-file.ts';
import { resolveConfig } from '../config/resolve-config.ts';

const FOLDER = path.join(import.meta.dirname, '../../../../collector-config/kubernetes');
const textOf = (file: string): string => readFileSync(path.join(FOLDER, file), 'utf8');
const FILES = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' }).filter((file) =>
  file.endsWith('.yaml'),
);

const Named = z.looseObject({ name: z.string(), value: z.string().optional() });
const Mount = z.looseObject({
  name: z.string(),
  mountPath: z.string(),
  readOnly: z.boolean().optional(),
});
const Container = z.looseObject({
  env: z.array(Named).default([]),
  volumeMounts: z.array(Mount).default([]),
  ports: z.array(z.looseObject({ containerPort: z.number() })).default([]),
});
const Workload = z.looseObject({
  kind: z.string(),
  spec: z.looseObject({
    template: z.looseObject({ spec: z.looseObject({ containers: z.array(Container) }) }),
  }),
});

function containerOf(file: string): z.infer<typeof Container> {
  const documents = parseAllDocuments(textOf(file)).map((document): unknown => document.toJS());
  const workload = documents.find((document) => Workload.safeParse(document).success);
  const [container] = Workload.parse(workload).spec.template.spec.containers;
  return Container.parse(container);
}

test.each(FILES)('%s is YAML without doubts', (file) => {
  for (const document of parseAllDocuments(textOf(file))) {
    expect([...document.errors, ...document.warnings]).toEqual([]);
    expect(document.toJS()).toBeTypeOf('object');
  }
});

test("the companion's configuration holds, and listens where its pod says", () => {
  const parsed = parseConfigFile(textOf('aftertrace.yaml'), 'aftertrace.yaml');
  const config = parsed.ok ? resolveConfig([parsed.layer]) : parsed;
  expect(config).toMatchObject({ ok: true });
  const ports = containerOf('companion.yaml').ports.map(({ containerPort }) => containerPort);
  for (const port of ports) expect(textOf('aftertrace.yaml')).toContain(`0.0.0.0:${port}`);
});

test("every variable that is set for the Collector is one of its configuration's, and every port is listened on", () => {
  const gateway = readFileSync(path.join(FOLDER, '../gateway.yaml'), 'utf8');
  const configured = `${gateway}${textOf('collector-token.yaml')}`;
  const { env, ports } = containerOf('collector.yaml');
  // The program's own, and those of which others are made.
  const parts = env.flatMap(({ value = '' }) => [...value.matchAll(/\$\((\w+)\)/g)]);
  const ofTheProgram = new Set(['GOMEMLIMIT', ...parts.map(([, name = '']) => name)]);
  for (const { name } of env.filter((variable) => !ofTheProgram.has(variable.name)))
    expect(configured).toMatch(new RegExp(`\\$\\{env:${name}(?::-|\\})`));
  for (const { containerPort } of ports)
    expect(gateway).toMatch(new RegExp(`[:-]${containerPort}\\}`));
});

test('what comes whole is taken in at the address of the pod alone', () => {
  const { env } = containerOf('collector.yaml');
  expect(env.find(({ name }) => name === 'WHOLE_ADDRESS')?.value).toBe('[$(POD_IP)]:14317');
  // Kubernetes puts in what was named before only.
  const names = env.map(({ name }) => name);
  expect(names.indexOf('POD_IP')).toBeGreaterThanOrEqual(0);
  expect(names.indexOf('POD_IP')).toBeLessThan(names.indexOf('WHOLE_ADDRESS'));
});

test.each(['agent.yaml', 'operator/agent.yaml'])(
  '%s keeps the last word of the companion where it can be written',
  (file) => {
    const { env, volumeMounts } = containerOf(file);
    const state = env.find(({ name }) => name === 'XDG_STATE_HOME')?.value;
    const mount = volumeMounts.find(({ mountPath }) => mountPath === state);
    expect(mount).toBeDefined();
    expect(mount?.readOnly).not.toBe(true);
  },
);

test('the companion asks for a token, and the Collectors have one that can send telemetry only', () => {
  expect(textOf('aftertrace.yaml')).toMatch(/^access: \{ otlpToken: true \}$/m);
  const token = containerOf('collector.yaml').env.find(({ name }) => name === 'COMPANION_TOKEN');
  expect(token).toMatchObject({
    valueFrom: { secretKeyRef: { name: 'collector-token', key: 'token' } },
  });
  // As a literal: a file may end in a line break, which no header may hold.
  expect(textOf('README.md')).toMatch(
    /--role ingest [^>]*> collector-token\n[^]*create secret generic collector-token \\\n +--from-literal=token=/,
  );
});

test('each file that the Collector is started with is in its ConfigMap', () => {
  const files = [...textOf('collector.yaml').matchAll(/--config=\/etc\/otelcol\/([\w.-]+)/g)];
  const names = files.map(([, name]) => name);
  expect(names).toEqual(['collector.yaml', 'collector-token.yaml']);
  for (const name of names)
    expect(textOf('kustomization.yaml')).toMatch(new RegExp(`files: \\[.*\\b${name}\\b`));
});

test('agents send where the Services are', () => {
  for (const file of ['agent.yaml', 'operator/instrumentation.yaml'])
    expect(textOf(file)).toMatch(
      /http:\/\/collector\.aftertrace:4318[^]*http:\/\/companion\.aftertrace:4320/,
    );
});

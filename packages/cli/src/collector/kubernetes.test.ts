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

const Named = z.looseObject({ name: z.string() });
const Container = z.looseObject({
  env: z.array(Named).default([]),
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
  const { env, ports } = containerOf('collector.yaml');
  const ofTheProgram = new Set(['GOMEMLIMIT']);
  for (const { name } of env.filter((variable) => !ofTheProgram.has(variable.name)))
    expect(gateway).toContain(`\${env:${name}:-`);
  for (const { containerPort } of ports)
    expect(gateway).toMatch(new RegExp(`[:-]${containerPort}\\}`));
});

test('agents send where the Services are', () => {
  for (const file of ['agent.yaml', 'operator/instrumentation.yaml'])
    expect(textOf(file)).toMatch(
      /http:\/\/collector\.aftertrace:4318[^]*http:\/\/companion\.aftertrace:4320/,
    );
});

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, expect, test } from 'vitest';

import { checkCollectorConfig } from '../../../packages/cli/src/collector/check/check-config.ts';
import { describeWith } from '../programs/describe-with.ts';
import { committedConfig } from './start-committed.ts';

const MANIFESTS = [
  'namespace.yaml',
  'companion.yaml',
  'collector.yaml',
  'network-policies.yaml',
  'agent.yaml',
  'operator/agent.yaml',
];
const SCHEMAS_OF = '1.30';
const KUBECTL = 'kubectl';
const dir = mkdtempSync(path.join(tmpdir(), 'aftertrace-kubernetes-'));
afterAll(() => rm(dir, { recursive: true, force: true }));

const manifest = (file: string): string => committedConfig(`kubernetes/${file}`);

describeWith(['kubectl-validate'], 'the schemas of Kubernetes', (programs) => {
  const validate = (file: string): { code: number | null; said: string } => {
    const { program } = programs['kubectl-validate'];
    const ran = spawnSync(program, ['--version', SCHEMAS_OF, file], { encoding: 'utf8' });
    return { code: ran.status, said: `${ran.stdout}${ran.stderr}` };
  };

  test.each(MANIFESTS)('%s holds', (file) => {
    expect(validate(manifest(file))).toMatchObject({ code: 0 });
  });

  test.each([
    ['a field that does not exist', 'readinessProbe:', 'readynessProbe:'],
    ['a number where a text belongs', "value: '0.0.0.0:4318'", 'value: 4318'],
    ['a text where a number belongs', 'containerPort: 4318', 'containerPort: http'],
  ])('and they see %s', (_, from, to) => {
    const text = readFileSync(manifest('collector.yaml'), 'utf8');
    expect(text).toContain(from);
    const file = path.join(dir, 'wrong.yaml');
    writeFileSync(file, text.replace(from, to));
    expect(validate(file).code).not.toBe(0);
  });

  // kubectl builds it, where there is one.
  const options = ['kustomize', '--load-restrictor', 'LoadRestrictionsNone'];
  const built = spawnSync(KUBECTL, [...options, path.dirname(manifest('kustomization.yaml'))], {
    encoding: 'utf8',
  });
  const hasKubectl = built.error === undefined;
  if (!hasKubectl) process.stderr.write('!! NO KUBECTL: what kustomize makes is not validated\n');
  test.runIf(hasKubectl || process.env['CI'] === 'true')(
    'what kustomize makes of them holds',
    () => {
      expect(built).toMatchObject({ status: 0 });
      const file = path.join(dir, 'all.yaml');
      writeFileSync(file, built.stdout);
      expect(validate(file)).toMatchObject({ code: 0 });
      expect(built.stdout.match(/^kind: /gm)?.length).toBeGreaterThan(10);
      // The configuration of the Collectors is read from its ConfigMap, and what is laid over it is told.
      const checked = checkCollectorConfig(built.stdout);
      expect(checked).toMatchObject({
        ok: true,
        findings: [{ rule: 'part-not-judged', where: 'data.collector-token.yaml' }],
      });
    },
  );
});

import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { collectorConfigs } from '../../docs/collector-configs.ts';
import { writeCollectorConfig } from '../../../packages/cli/src/collector/write-config.ts';
import { describeWith } from '../programs/describe-with.ts';
import { committedConfig } from './start-committed.ts';

/** To a companion that asks who sends, and has a certificate. */
const PROVEN = { companion: 'https://companion:4319', token: true, caFile: '/etc/ca.crt' };

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'aftertrace-validate-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

function validate(program: string, file: string): { code: number | null; said: string } {
  const ran = spawnSync(program, ['validate', '--config', file], {
    encoding: 'utf8',
    // The directory of the queue must be one that can be made.
    env: { ...process.env, STORAGE_DIR: path.join(dir, 'storage') },
  });
  return { code: ran.status, said: `${ran.stdout}${ran.stderr}` };
}

describeWith(['collector'], 'otelcol validate', ({ collector }) => {
  test.each([...collectorConfigs().keys()])('%s holds', (file) => {
    expect(validate(collector.program, committedConfig(file))).toMatchObject({ code: 0 });
  });

  test('everything that init can write holds', async () => {
    const file = path.join(dir, 'any.yaml');
    for (const kind of ['laptop', 'production', 'gateway'] as const) {
      for (const sampling of ['none', 'head', 'tail'] as const) {
        for (const more of [PROVEN, { prometheus: '[::]:8889', traces: 'http://tempo:4318' }]) {
          // What nothing would follow from is no answer.
          if (sampling !== 'none' && !('traces' in more)) continue;
          const replicas = kind === 'gateway' ? { replicas: ['a', 'b:14318', '[::1]:2'] } : {};
          const judged = { judged: '127.0.0.1:14319', redact: true };
          const answers = { kind, sampling, ...more, ...replicas, ...judged };
          await writeFile(file, writeCollectorConfig(answers));
          const { code, said } = validate(collector.program, file);
          expect(code, `${JSON.stringify(answers)}: ${said}`).toBe(0);
        }
      }
    }
  });

  test('and it is the Collector that says so: a setting that it does not know is told', async () => {
    const file = path.join(dir, 'wrong.yaml');
    const text = writeCollectorConfig({ kind: 'production' });
    await writeFile(file, text.replace('block_on_overflow', 'blocks_on_overflow'));
    const { code, said } = validate(collector.program, file);
    expect(code).not.toBe(0);
    expect(said).toContain('blocks_on_overflow');
  });
});

describeWith(['previous-collector'], 'the previous release', (programs) => {
  test.each([...collectorConfigs().keys()])('%s holds there too', (file) => {
    const { program } = programs['previous-collector'];
    expect(validate(program, committedConfig(file))).toMatchObject({ code: 0 });
  });
});

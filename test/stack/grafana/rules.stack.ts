import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { expect, test } from 'vitest';

import { describeWith } from '../programs/describe-with.ts';

const DIR = fileURLToPath(new URL('../../../collector-config/prometheus/', import.meta.url));
const files = (dir: string): readonly string[] =>
  readdirSync(path.join(DIR, dir))
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => path.join(DIR, dir, name));

describeWith(['promtool'], 'rules for Prometheus', ({ promtool }) => {
  const run = (...args: readonly string[]): { status: number | null; output: string } => {
    const { status, stdout, stderr } = spawnSync(promtool.program, args, { encoding: 'utf8' });
    return { status, output: `${stdout}${stderr}` };
  };

  test('are rules', () => {
    expect(files('.')).toHaveLength(2);
    expect(run('check', 'rules', '--lint=all', '--lint-fatal', ...files('.'))).toMatchObject({
      status: 0,
    });
  });

  test('do what their tests say', () => {
    expect(files('tests').length).toBeGreaterThan(2);
    expect(run('test', 'rules', ...files('tests'))).toMatchObject({ status: 0 });
  });
});

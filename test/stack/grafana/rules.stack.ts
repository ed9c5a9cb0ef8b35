import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
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

  test.each([0.001, 0.06, 0.07, 0.17, 0.5, 0.99])(
    'an error budget of %d silences no burn rate',
    (budget) => {
      const dir = mkdtempSync(path.join(tmpdir(), 'aftertrace-rules-'));
      try {
        cpSync(DIR, dir, { recursive: true });
        const recording = readFileSync(path.join(dir, 'recording.yaml'), 'utf8');
        expect(recording).toContain('expr: vector(0.05)');
        const changed = recording.replace('vector(0.05)', `vector(${budget})`);
        writeFileSync(path.join(dir, 'recording.yaml'), changed);
        expect(run('test', 'rules', path.join(dir, 'tests/burn.yaml'))).toMatchObject({
          status: 0,
        });
      } finally {
        rmSync(dir, { recursive: true, force: true });
      }
    },
  );
});

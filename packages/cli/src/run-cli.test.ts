import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { ExitCode } from './exit-code.ts';
import { createProgram } from './program.ts';
import { run } from './testing/run.ts';
import { VERSION } from './version.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'aftertrace-cli-'));
  vi.stubEnv('XDG_STATE_HOME', folder);
  vi.stubEnv('AFTERTRACE_COMPANION', undefined);
  vi.stubEnv('AFTERTRACE_ACTOR', undefined);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

describe('the command line', () => {
  test('has a help text for every command', async () => {
    const commands = createProgram(
      { out: () => undefined, err: () => undefined },
      () => undefined,
    ).commands;
    expect(commands.length).toBeGreaterThan(10);
    for (const command of commands) {
      const { code, out } = await run(command.name(), '--help');
      expect(code).toBe(ExitCode.OK);
      expect(out).toContain(`Usage: aftertrace ${command.name()}`);
    }
  });

  test.each(['serve', 'dev', 'ingest'])(
    '%s is told in the same words what to record',
    async (name) => {
      const { out } = await run(name, '--help');
      for (const flag of [
        '--config <file>',
        '--set <field',
        '--content <mode>',
        '--profiles <file>',
      ])
        expect(out).toContain(flag);
      expect(out).toMatch(/--keep-successes <ratio>/);
      expect(out).toMatch(/--data <dir>/);
    },
  );

  test('says the version of its package', async () => {
    const manifest = JSON.parse(
      readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
    ) as {
      version: string;
    };
    expect(VERSION).toBe(manifest.version);
    expect((await run('--version')).out).toBe(manifest.version);
  });

  test.each([
    [['nonsense'], 'unknown command'],
    [['revoke', 'refund', '--acter', 'a@example.com'], "unknown option '--acter'"],
    [['policy', 'propose', 'rules.yaml', '--raeson', 'x'], "unknown option '--raeson'"],
    [['revoke', 'refund', '--actor', 'a@example.com'], "'--reason <text>' not specified"],
    [['revoke', 'refund', '--reason', 'r', '--ttl', 'soon'], 'expected a duration'],
    [['serve', '--otlp', 'here'], 'expected HOST:PORT'],
    [['serve', '--nope'], 'unknown option'],
    [['policy'], 'Usage: aftertrace policy'],
  ])('answers %j with exit code 2 and what to do', async (args, message) => {
    const { code, err } = await run(...args);
    expect(code).toBe(ExitCode.USAGE);
    expect(err).toContain(message);
  });

  test('does not guess who acts', async () => {
    const { code, err } = await run('release', 'c1', '--reason', 'over');
    expect(code).toBe(ExitCode.USAGE);
    expect(err).toContain('--actor');
  });

  test('says that no companion runs, with exit code 3', async () => {
    const { code, err } = await run('approvals');
    expect(code).toBe(ExitCode.UNREACHABLE);
    expect(err).toContain('aftertrace serve');
  });
});

describe('policy check', () => {
  test('accepts a bundle whose own tests hold', async () => {
    const file = path.join(folder, 'ok.yaml');
    await writeFile(
      file,
      'name: a\nrevision: 1\nrules:\n  - { id: r, match: { tool: x }, verdict: block }\n',
    );
    expect(await run('policy', 'check', file)).toMatchObject({ code: ExitCode.OK });
  });

  test('names every problem with its line', async () => {
    const file = path.join(folder, 'bad.yaml');
    await writeFile(
      file,
      'name: a\nrevision: one\nrules:\n  - { id: R!, match: {}, verdict: forbid }\n',
    );
    const { code, err } = await run('policy', 'check', file);
    expect(code).toBe(ExitCode.FAILED);
    expect(err).toMatch(/bad\.yaml:2/);
    expect(err).toMatch(/bad\.yaml:4/);
  });

  test('says which file it cannot read', async () => {
    const { code, err } = await run('policy', 'check', path.join(folder, 'none.yaml'));
    expect(code).toBe(ExitCode.FAILED);
    expect(err).toContain('none.yaml');
  });
});

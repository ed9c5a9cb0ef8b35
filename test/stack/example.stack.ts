import { spawn, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';

import { describeWith } from './programs/describe-with.ts';

const EXAMPLE = fileURLToPath(new URL('../../examples/stack/', import.meta.url));
const Service = z.object({
  image: z.string(),
  command: z.array(z.string()).default([]),
  environment: z.record(z.string(), z.string()).default({}),
  volumes: z.array(z.string()).default([]),
  ports: z.array(z.string()).default([]),
});
const Compose = z.object({
  services: z.record(z.string(), Service),
  volumes: z.record(z.string(), z.unknown()),
});
const compose = Compose.parse(
  parse(readFileSync(path.join(EXAMPLE, 'compose.yaml'), 'utf8'), { merge: true }),
);
const services = Object.entries(compose.services);

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'aftertrace-example-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

describeWith(['collector', 'jaeger', 'prometheus'], 'the stack without containers', () => {
  test('comes up, and the first round of failures is seen everywhere', async () => {
    const script = path.join(EXAMPLE, 'src/run.ts');
    const options = ['--once', '--free-ports', '--dir', path.join(dir, 'run')];
    const child = spawn(process.execPath, ['--conditions=@aftertrace/source', script, ...options]);
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const code = await new Promise((resolve) => {
      child.once('close', resolve);
    });
    expect(output).toMatch(/Jaeger: \d+ failed calls, for example \w+ \(\w+\)/);
    expect(output).toMatch(/Prometheus: .*refund [1-9]/);
    expect(output).toMatch(/failure file: [1-9]\d* runs in /);
    expect(code).toBe(0);
  });
});

describe('compose.yaml', () => {
  test('mounts files that are there, and volumes that it names', () => {
    const sources = services.flatMap(([, { volumes }]) =>
      volumes.map((one) => one.split(':')[0] ?? ''),
    );
    const lost = sources.filter((source) =>
      source.startsWith('.')
        ? !existsSync(path.join(EXAMPLE, source))
        : !(source in compose.volumes),
    );
    expect(sources.length).toBeGreaterThan(10);
    expect(lost).toEqual([]);
  });

  test('runs programs of the checkout that are there', () => {
    const programs = services.flatMap(([, { command }]) =>
      command.filter((word) => word.endsWith('.ts')),
    );
    expect(programs).toHaveLength(3);
    for (const program of programs) {
      expect(existsSync(path.join(EXAMPLE, '../..', program))).toBe(true);
    }
  });

  test('listens on loopback only', () => {
    const ports = services.flatMap(([, service]) => service.ports);
    expect(ports.length).toBeGreaterThan(5);
    expect(ports.filter((port) => !/^127\.0\.0\.1:\d+:\d+$/.test(port))).toEqual([]);
  });

  test('names versions of all images', () => {
    expect(services.filter(([, { image }]) => !/:v?\d+/.test(image))).toEqual([]);
  });

  test('keeps what the companion told the agents in a volume of their own, which can be written', () => {
    const agents = compose.services['agents'];
    const state = agents?.environment['XDG_STATE_HOME'];
    const kept = agents?.volumes.find((one) => one.split(':')[1] === state);
    expect(kept).toMatch(/^\w+:\/\w+$/);
    const users = services.filter(([, service]) => service.volumes.includes(kept ?? ''));
    expect(users.map(([name]) => name)).toEqual(['agents']);
  });

  test('gives the companion and its clients one token', () => {
    const token = readFileSync(path.join(EXAMPLE, 'token'), 'utf8').trim();
    const told = services.flatMap(([, { environment }]) => environment['AFTERTRACE_TOKEN'] ?? []);
    expect(told).toEqual([token, token]);
  });
});

describeWith(['collector'], 'the Collector of compose.yaml', ({ collector }) => {
  test('has a valid configuration in its environment', () => {
    const service = compose.services['collector'];
    const [, file = ''] = /^--config=(.*)$/.exec(service?.command[0] ?? '') ?? [];
    const source = service?.volumes.find((volume) => volume.includes(`:${file}:`))?.split(':')[0];
    const config = path.join(EXAMPLE, source ?? 'none');
    const { status, stderr } = spawnSync(collector.program, ['validate', '--config', config], {
      env: { ...process.env, ...service?.environment, STORAGE_DIR: path.join(dir, 'queue') },
      encoding: 'utf8',
    });
    expect(stderr).toBe('');
    expect(status).toBe(0);
  });
});

describeWith(['promtool'], 'the Prometheus of compose.yaml', ({ promtool }) => {
  test('has a valid configuration, rules included', () => {
    const place = path.join(dir, 'prometheus');
    mkdirSync(place);
    for (const file of ['prometheus.yaml', 'token']) {
      copyFileSync(path.join(EXAMPLE, file), path.join(place, file));
    }
    const rules = path.join(EXAMPLE, '../../collector-config/prometheus');
    cpSync(rules, path.join(place, 'rules'), { recursive: true });
    const { status, stdout } = spawnSync(
      promtool.program,
      ['check', 'config', path.join(place, 'prometheus.yaml')],
      { encoding: 'utf8' },
    );
    expect(stdout).toMatch(/SUCCESS: \d+ rules found/);
    expect(status).toBe(0);
  });
});

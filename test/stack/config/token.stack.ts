import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { readLines } from '@aftertrace-examples/first-flight/facts';
import { until } from '@aftertrace-examples/first-flight/processes';
import { Trajectory } from '@aftertrace/schema';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { writeCollectorConfig } from '../../../packages/cli/src/collector/write-config.ts';
import { startCompanion, type Companion } from '../harness/start-companion.ts';
import { describeWith } from '../programs/describe-with.ts';
import { foreignRun, send } from './foreign-run.ts';
import { startCommitted, type CommittedCollector, type CommittedStart } from './start-committed.ts';

const [REFUSED, TAKEN, OF_PODS] = ['a'.repeat(32), 'b'.repeat(32), 'c'.repeat(32)];

describeWith(['collector'], 'a companion that asks for a token', ({ collector: { program } }) => {
  const ends: (() => Promise<void>)[] = [];
  let dir: string;
  let companion: Companion;
  beforeAll(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'aftertrace-token-'));
    const settings = path.join(dir, 'aftertrace.json');
    await writeFile(settings, JSON.stringify({ access: { otlpToken: true } }));
    companion = await startCompanion({
      dir: path.join(dir, 'companion'),
      args: ['--config', settings],
    });
    ends.push(companion.stop);
    await writeFile(
      path.join(dir, 'proven.yaml'),
      writeCollectorConfig({ kind: 'production', token: true }),
    );
  });
  afterAll(async () => {
    for (const end of ends.toReversed()) await end();
    await rm(dir, { recursive: true, force: true });
  });

  const bringUp = async (
    name: string,
    token: string,
    files: Pick<CommittedStart, 'file' | 'over'> = { file: path.join(dir, 'proven.yaml') },
  ): Promise<CommittedCollector> => {
    const env = { COMPANION_TOKEN: token };
    const { otlp } = companion;
    const collector = await startCommitted({ program, dir, companion: otlp, env, name, ...files });
    ends.push(collector.stop);
    return collector;
  };
  const sendRun = ({ otlp }: CommittedCollector, traceId: string): Promise<void> =>
    send(otlp, foreignRun({ traceId, agent: 'a', tool: 't', result: '{}' }));

  test('gets nothing from a Collector with another one, which drops it, as documented', async () => {
    await sendRun(await bringUp('wrong', 'not-a-token'), REFUSED);
    const said = await until('that it was dropped', async () => {
      const log = await readFile(path.join(dir, 'wrong.log'), 'utf8');
      return log.includes('Dropping data') ? log : undefined;
    });
    expect(said).toContain('401');
  });

  const tokenOf = async (name: string): Promise<string> => {
    const who = `--name ${name} --actor you@example.com --reason test`;
    const made = await companion.aftertrace(...`token create --role ingest ${who}`.split(' '));
    expect(made).toMatchObject({ code: 0 });
    return made.stdout.trim();
  };
  /** Traces of the runs that it has, once there are so many. */
  const taken = (count: number): Promise<readonly string[]> =>
    until(`${count} runs`, async () => {
      const { success, failure, unresolved } = await readLines(companion.dataDir);
      const lines = [...success, ...failure, ...unresolved].map((line) => Trajectory.parse(line));
      const ids = lines.flatMap((line) => line.extra.aftertrace.traceIds);
      return ids.length >= count ? ids : undefined;
    });

  test('gets everything from one with a token of role ingest', async () => {
    await sendRun(await bringUp('right', await tokenOf('collector')), TAKEN);
    expect(await taken(1)).toEqual([TAKEN]);
  });

  test('gets everything from the gateway of the manifests for Kubernetes, by the token of its Secret', async () => {
    const files = { file: 'gateway.yaml', over: ['kubernetes/collector-token.yaml'] };
    await sendRun(await bringUp('gateway', await tokenOf('collectors'), files), OF_PODS);
    expect(await taken(2)).toEqual([TAKEN, OF_PODS]);
  });
});

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { readLines } from '@aftertrace-examples/first-flight/facts';
import { until } from '@aftertrace-examples/first-flight/processes';
import { Trajectory, type IssuedToken } from '@aftertrace/schema';
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

  const createToken = async (
    name: string,
  ): Promise<{ readonly id: string; readonly secret: string }> => {
    const who = `--name ${name} --actor you@example.com --reason test --json`;
    const { code, stdout } = await companion.aftertrace(
      ...`token create --role ingest ${who}`.split(' '),
    );
    expect(code).toBe(0);
    const { token, secret } = JSON.parse(stdout) as IssuedToken;
    return { id: token.id, secret };
  };
  /** Trace ids of all lines, one for each line. */
  const recorded = async (): Promise<readonly string[]> => {
    const { success, failure, unresolved } = await readLines(companion.dataDir);
    return [...success, ...failure, ...unresolved].flatMap(
      (line) => Trajectory.parse(line).extra.aftertrace.traceIds,
    );
  };

  test('gets nothing from a Collector with another one, which drops it, as documented', async () => {
    await sendRun(await bringUp('wrong', 'not-a-token'), REFUSED);
    const said = await until('that it was dropped', async () => {
      const log = await readFile(path.join(dir, 'wrong.log'), 'utf8');
      return log.includes('Dropping data') ? log : undefined;
    });
    expect(said).toContain('401');
  });

  /** Traces of the runs that it has, once there are so many. */
  const taken = (count: number): Promise<readonly string[]> =>
    until(`${count} runs`, async () => {
      const ids = await recorded();
      return ids.length >= count ? ids : undefined;
    });

  test('gets everything from one with a token of role ingest', async () => {
    const { secret } = await createToken('collector');
    await sendRun(await bringUp('right', secret), TAKEN);
    expect(await taken(1)).toEqual([TAKEN]);
  });

  test('gets everything from the gateway of the manifests for Kubernetes, by the token of its Secret', async () => {
    const files = { file: 'gateway.yaml', over: ['kubernetes/collector-token.yaml'] };
    const { secret } = await createToken('collectors');
    await sendRun(await bringUp('gateway', secret, files), OF_PODS);
    expect(await taken(2)).toEqual([TAKEN, OF_PODS]);
  });

  test.each([
    ['rotated', ['token', 'rotate']],
    ['revoked', ['token', 'revoke']],
  ] as const)(
    'loses nothing when the token of a Collector is %s while spans flow: they wait for the new one',
    async (how, command) => {
      const { id, secret } = await createToken(how);
      let collector = await bringUp(how, secret);
      const sent: string[] = [];
      const sendRuns = async (count: number): Promise<void> => {
        for (let index = 0; index < count; index += 1) {
          const traceId = `${how === 'rotated' ? 'c' : 'd'}${String(sent.length).padStart(31, '0')}`;
          await sendRun(collector, traceId);
          sent.push(traceId);
        }
      };
      const mine = async (): Promise<readonly string[]> => {
        const known = new Set(sent);
        return (await recorded()).filter((traceId) => known.has(traceId));
      };
      await sendRuns(20);
      // In the middle of it: some are with the companion, some are on their way.
      const words = [...command, id, '--actor', 'you@example.com', '--reason', 'test'];
      const ending = companion.aftertrace(...words);
      const ended = ending.then(() => true);
      while (!(await Promise.race([ended, delay(20, false)]))) await sendRuns(2);
      expect((await ending).code).toBe(0);
      await sendRuns(20);
      await until('that the token has ended', () =>
        /503, Message=The token tok_/.test(collector.output()) ? true : undefined,
      );
      expect(collector.output()).not.toContain('Dropping data');
      expect((await mine()).length).toBeLessThan(sent.length);
      await collector.stop();
      const renewed =
        how === 'rotated' ? (await ending).stdout.trim() : (await createToken('next')).secret;
      collector = await bringUp(how, renewed);
      await sendRuns(20);
      await until(
        'all runs',
        async () => ((await mine()).length >= sent.length ? true : undefined),
        60_000,
      );
      expect((await mine()).toSorted()).toEqual(sent.toSorted());
      const log = await readFile(path.join(dir, `${how}.log`), 'utf8');
      // At its end it says so of what it keeps in its queue.
      const dropped = log.split('\n').filter((line) => line.includes('Dropping data'));
      expect(dropped.filter((line) => !line.includes('interrupted due to shutdown'))).toEqual([]);
      process.stdout.write(`${how}: ${sent.length} runs sent, ${(await mine()).length} recorded\n`);
    },
    120_000,
  );
});

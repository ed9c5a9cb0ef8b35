import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { readLines } from '@aftertrace-examples/first-flight/facts';
import { aftertrace, until } from '@aftertrace-examples/first-flight/processes';
import { Trajectory } from '@aftertrace/schema';
import { Env } from '@aftertrace/schema/names';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';

import { createAuthority, type Authority, type Certificate } from '../../e2e/tls/authority.ts';
import { startCompanion, type Companion } from '../harness/start-companion.ts';
import { describeWith } from '../programs/describe-with.ts';
import { foreignRun, send } from './foreign-run.ts';
import { startCommitted, type CommittedCollector } from './start-committed.ts';

type Variables = Readonly<Record<string, string>>;

describeWith(['collector'], 'a companion with TLS', ({ collector: { program } }) => {
  let dir: string;
  let companion: Companion;
  let strangers: Authority;
  let stranger: Certificate;
  let token: string;
  let file: string;
  let running: CommittedCollector | undefined;

  beforeAll(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'aftertrace-tls-'));
    const authority = await createAuthority(dir);
    strangers = await createAuthority(dir, 'strangers');
    stranger = await strangers.issue('stranger');
    const [server, own, person] = [
      await authority.issue('companion', 'IP:127.0.0.1'),
      await authority.issue('collector'),
      await authority.issue('person'),
    ];
    const settings = path.join(dir, 'aftertrace.json');
    const tls = { ...server, clientCaFile: authority.caFile, caFile: authority.caFile };
    await writeFile(settings, JSON.stringify({ tls, access: { otlpToken: true } }));
    companion = await startCompanion({
      dir: path.join(dir, 'companion'),
      args: ['--config', settings],
      tls: {
        [Env.CA_FILE]: authority.caFile,
        [Env.CLIENT_CERT_FILE]: person.certFile,
        [Env.CLIENT_KEY_FILE]: person.keyFile,
      },
    });
    const who = '--name collector --actor you@example.com --reason test';
    const made = await companion.aftertrace(...`token create --role ingest ${who}`.split(' '));
    if (made.code !== 0) throw new Error(made.stderr);
    token = made.stdout.trim();
    file = path.join(dir, 'collector.yaml');
    const init = ['collector', 'init', '--yes', '--kind', 'production', '--out', file];
    const to = ['--companion', companion.otlp, '--token', '--ca-file', authority.caFile];
    const files = ['--cert-file', own.certFile, '--key-file', own.keyFile];
    const written = await aftertrace([...init, ...to, ...files], {});
    if (written.code !== 0) throw new Error(written.stderr);
  });
  afterEach(() => running?.stop());
  afterAll(async () => {
    await companion.stop();
    await rm(dir, { recursive: true, force: true });
  });

  /** What waits on its disk is there again when it is brought up under the same name. */
  const bringUp = async (name: string, changed: Variables = {}): Promise<CommittedCollector> => {
    const env = { COMPANION_TOKEN: token, ...changed };
    const { otlp } = companion;
    running = await startCommitted({ program, dir, file, companion: otlp, env, name });
    return running;
  };
  const sendRun = ({ otlp }: CommittedCollector, traceId: string): Promise<void> =>
    send(otlp, foreignRun({ traceId, agent: 'a', tool: 't', result: '{}' }));
  const runsOf = async (traceId: string): Promise<number> => {
    const { success, failure, unresolved } = await readLines(companion.dataDir);
    const lines = [...success, ...failure, ...unresolved].map((line) => Trajectory.parse(line));
    return lines.filter((line) => line.extra.aftertrace.traceIds.includes(traceId)).length;
  };
  const arrived = (traceId: string): Promise<number> =>
    until('its run', async () => ((await runsOf(traceId)) > 0 ? runsOf(traceId) : undefined));

  test('gets everything from what `collector init --token --ca-file --cert-file --key-file` writes', async () => {
    const traceId = 'a'.repeat(32);
    await sendRun(await bringUp('right'), traceId);
    expect(await arrived(traceId)).toBe(1);
  });

  test.each<readonly [string, string, () => Variables, RegExp]>([
    [
      'that trusts somebody else',
      'b'.repeat(32),
      () => ({ COMPANION_CA_FILE: strangers.caFile }),
      /certificate signed by unknown authority/,
    ],
    [
      'that nobody here knows',
      'c'.repeat(32),
      () => ({ COMPANION_CERT_FILE: stranger.certFile, COMPANION_KEY_FILE: stranger.keyFile }),
      // TLS 1.3 has it that a client may write before it hears of this.
      /remote error: tls|connection reset by peer|broken pipe|EOF/,
    ],
  ])(
    'gets nothing from a Collector %s, which keeps it until that is mended',
    async (_, traceId, wrong, why) => {
      const name = traceId.slice(0, 1);
      const mistaken = await bringUp(name, wrong());
      await sendRun(mistaken, traceId);
      const said = await until('that it is tried again', async () => {
        const log = await readFile(path.join(dir, `${name}.log`), 'utf8');
        return (log.match(/Will retry the request/g)?.length ?? 0) > 1 ? log : undefined;
      });
      expect(said).toMatch(why);
      expect(said).not.toContain('Dropping data');
      expect(await runsOf(traceId)).toBe(0);
      await mistaken.stop();

      await bringUp(name);
      expect(await arrived(traceId)).toBe(1);
    },
  );
});

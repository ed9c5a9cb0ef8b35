import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { signBundle } from '@aftertrace/policy/compile';
import { generateSigningKey, readSigningKey } from '@aftertrace/schema/ed25519';
import { describe, expect, onTestFinished, test } from 'vitest';

import { createDiagnostics } from '../diagnostics.ts';
import { readSettings } from '../environment.ts';
import { createInFlightCalls } from '../guard/in-flight.ts';
import { createToolRegistry } from '../guard/tool-registry.ts';
import { startControlServer, type ControlServer } from '../testing/control-server.ts';
import { containment } from '../testing/guard-fixture.ts';
import { createControlLink } from './create-control-link.ts';
import { createKeptState } from './kept-state.ts';
import type { ManagedLink } from './link.ts';

/** Whoever reads a pipe waits until somebody writes it. */
const MAKE_PIPE = 'mkfifo';
const ours = generateSigningKey();
const ourKey = readSigningKey(ours.privateKeyPem);
const next = generateSigningKey();
const nextKey = readSigningKey(next.privateKeyPem);

function bundle(revision: number): { name: string; revision: number; rules: unknown[] } {
  return { name: 'shop', revision, rules: [{ id: 'r', match: {}, verdict: 'flag' }] };
}

interface Place {
  readonly home: string;
  readonly server: ControlServer;
  readonly keysFile: string;
  /** A process of this user, connected; `told` are the lines on its standard error. */
  readonly start: (env?: Record<string, string>) => {
    readonly link: ManagedLink;
    readonly told: readonly string[];
  };
  readonly file: (name: string, content: unknown) => Promise<string>;
}

async function place(): Promise<Place> {
  const home = await mkdtemp(join(tmpdir(), 'aftertrace-'));
  const server = await startControlServer();
  onTestFinished(async () => {
    await server.close();
    // The last state may still be on its way to the disk: nobody waits for it.
    await rm(home, { recursive: true, maxRetries: 10, retryDelay: 20 });
  });
  const file = async (name: string, content: unknown): Promise<string> => {
    const path = join(home, name);
    await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
    return path;
  };
  const keysFile = await file('keys.pem', ours.publicKeyPem);
  let started = 0;
  return {
    home,
    server,
    keysFile,
    file,
    start: (more = {}) => {
      const env: Record<string, string> = {
        AFTERTRACE_COMPANION: server.url,
        AFTERTRACE_TOKEN: server.token,
        AFTERTRACE_POLICY_KEYS: keysFile,
        ...more,
      };
      const told: string[] = [];
      started += 1;
      const link = createControlLink({
        env,
        home,
        settings: readSettings(env),
        instance: `i-${started}`,
        inFlight: createInFlightCalls(),
        tools: createToolRegistry(),
        diagnostics: createDiagnostics((line) => told.push(line)),
        now: Date.now,
      });
      onTestFinished(() => link.close());
      return { link, told };
    },
  };
}

/** The last acknowledgement, once there is one of a later state. */
async function acked(
  server: ControlServer,
  policy?: unknown,
): Promise<(typeof server.acks)[number]> {
  const before = server.acks.at(-1)?.revision ?? -1;
  if (policy !== undefined) server.setState(policy === null ? {} : { policy });
  await server.until(() => (server.acks.at(-1)?.revision ?? -1) > before);
  const last = server.acks.at(-1);
  if (last === undefined) throw new Error('nothing was acknowledged');
  return last;
}

describe('a process that pins keys', () => {
  test('takes what they signed, and refuses the rest whole', async () => {
    const { server, start } = await place();
    const { link } = start();
    await acked(server);
    expect(await acked(server, signBundle(bundle(1), ourKey))).toMatchObject({ policyRevision: 1 });
    const unsigned = await acked(server, bundle(2));
    expect(unsigned).toMatchObject({ policyRevision: 1, refused: { policyRevision: 2 } });
    expect(unsigned.refused?.problems.join()).toMatch(/not signed/);
    const stranger = await acked(server, signBundle(bundle(3), nextKey));
    expect(stranger.refused?.problems.join()).toContain(next.keyId);
    const changed = { ...signBundle(bundle(4), ourKey), rules: [] };
    expect((await acked(server, changed)).refused?.problems.join()).toMatch(/changed after/);
    expect(link.inForce().policy?.revision).toBe(1);
  });

  test('takes nothing older than what an earlier process of its user had in force', async () => {
    const { server, start } = await place();
    const first = start();
    await acked(server);
    await acked(server, signBundle(bundle(7), ourKey));
    first.link.close();
    server.setState({ policy: signBundle(bundle(6), ourKey) });
    const before = server.acks.length;
    const { link } = start({ AFTERTRACE_ON_START: 'open' });
    await server.until(() => server.acks.length > before);
    expect(server.acks.at(-1)?.refused?.problems.join()).toMatch(/revision 6 is older than 7/);
    expect(link.inForce().policy).toBeUndefined();
  });

  test('takes no other content under a revision that was in force, now or in an earlier process', async () => {
    const { server, start } = await place();
    const first = start();
    await acked(server);
    const taken = signBundle(bundle(7), ourKey);
    await acked(server, taken);
    const other = signBundle({ ...bundle(7), rules: [] }, ourKey);
    const told = await acked(server, other);
    expect(told).toMatchObject({ policyRevision: 7, refused: { policyRevision: 7 } });
    expect(first.link.inForce().policy?.rules).toHaveLength(1);
    // One signature more is no other content.
    expect((await acked(server, signBundle(taken, nextKey))).refused).toBeUndefined();
    first.link.close();
    server.setState({ policy: other });
    const before = server.acks.length;
    const { link } = start({ AFTERTRACE_ON_START: 'open' });
    await server.until(() => server.acks.length > before);
    expect(server.acks.at(-1)?.refused?.problems.join()).toMatch(/7 was taken with other content/);
    expect(link.inForce().policy).toBeUndefined();
    expect((await acked(server, taken)).refused).toBeUndefined();
    expect(link.inForce().policy?.rules).toHaveLength(1);
  });

  test('knows the floor of an earlier version, which did not remember the content', async () => {
    const { home, server, start } = await place();
    const first = start();
    await acked(server, signBundle(bundle(1), ourKey));
    first.link.close();
    const folder = join(home, '.local', 'state', 'aftertrace');
    const name = (await readdir(folder)).find((file) => file.startsWith('policy-floor-')) ?? '';
    await writeFile(join(folder, name), '{"revision":7}');
    server.setState({ policy: signBundle(bundle(7), ourKey) });
    start({ AFTERTRACE_ON_START: 'open' });
    await server.until(() => server.acks.at(-1)?.policyRevision === 7);
    await expect
      .poll(async () => JSON.parse(await readFile(join(folder, name), 'utf8')) as unknown)
      .toMatchObject({ revision: 7, contentDigest: expect.any(String) as unknown });
  });

  test('takes nothing below the revision that is demanded of it', async () => {
    const { server, start } = await place();
    start({ AFTERTRACE_POLICY_MIN_REVISION: '9' });
    await acked(server);
    expect((await acked(server, signBundle(bundle(8), ourKey))).refused).toBeDefined();
    expect(await acked(server, signBundle(bundle(9), ourKey))).toMatchObject({ policyRevision: 9 });
  });

  test.each(['nine', '-1', '1.5'])('takes nothing at all while that is %s', async (minimum) => {
    const { server, start } = await place();
    start({ AFTERTRACE_POLICY_MIN_REVISION: minimum });
    await acked(server);
    const { refused } = await acked(server, signBundle(bundle(8), ourKey));
    expect(refused?.problems.join()).toMatch(/no whole number/);
  });

  test('has its keys changed while it runs, and takes nothing while they cannot be read', async () => {
    const { server, keysFile, start } = await place();
    const { link } = start();
    await acked(server);
    expect((await acked(server, signBundle(bundle(1), nextKey))).refused).toBeDefined();
    await writeFile(keysFile, ours.publicKeyPem + next.publicKeyPem);
    expect((await acked(server, signBundle(bundle(2), nextKey))).refused).toBeUndefined();
    await writeFile(keysFile, next.publicKeyPem);
    expect((await acked(server, signBundle(bundle(3), ourKey))).refused).toBeDefined();
    await rm(keysFile);
    const { refused } = await acked(server, signBundle(bundle(4), nextKey));
    expect(refused?.problems.join()).toMatch(/AFTERTRACE_POLICY_KEYS cannot be used/);
    expect(link.inForce().policy?.revision).toBe(2);
  });

  test('keeps the policy that an earlier process kept, though the companion says that there is none', async () => {
    const { home, server, start } = await place();
    const kept = createKeptState({ env: {}, home, companion: server.url, instance: 'earlier' });
    await kept.keep({ revision: 1, policy: signBundle(bundle(3), ourKey), containments: [] });
    server.mood = 'closed';
    const { link } = start();
    await link.untilReady();
    expect(link.inForce().policy?.revision).toBe(3);
    server.setState({});
    server.mood = 'well';
    const before = server.acks.length;
    await server.until(() => server.acks.length > before);
    expect(link.inForce().policy?.revision).toBe(3);
    await expect.poll(async () => (await kept.recall())?.revision).toBeGreaterThan(1);
    expect((await kept.recall())?.policy).toMatchObject({ revision: 3 });
  });

  test.each([
    ['that there is none', {}],
    ['one that nobody has signed', { policy: bundle(4) }],
  ])(
    'keeps it too where the companion is there from the start and says %s',
    async (_name, state) => {
      const { home, server, start } = await place();
      const kept = createKeptState({ env: {}, home, companion: server.url, instance: 'earlier' });
      await kept.keep({ revision: 0, policy: signBundle(bundle(3), ourKey), containments: [] });
      server.setState(state);
      const { link } = start();
      await server.until(() => server.acks.length > 0);
      expect(server.acks.at(-1)).toMatchObject({ policyRevision: 3 });
      expect(link.inForce().policy?.revision).toBe(3);
      await expect.poll(async () => (await kept.recall())?.revision).toBe(2);
      expect((await kept.recall())?.policy).toMatchObject({ revision: 3 });
    },
  );

  test('is stopped by a kill also while a disk holds up the policy before it', async () => {
    const { home, server, start } = await place();
    const stuck = join(home, 'stuck.pem');
    execFileSync(MAKE_PIPE, [stuck]);
    const { link } = start({ AFTERTRACE_POLICY_KEYS: stuck });
    await acked(server);
    const policy = signBundle(bundle(1), ourKey);
    server.setState({ policy });
    server.setState({ policy, containments: [containment({ kind: 'kill' })] });
    await expect.poll(() => link.inForce().containments).toHaveLength(1);
    expect(link.inForce().policy).toBeUndefined();
    await writeFile(stuck, ours.publicKeyPem);
    await server.until(() => server.acks.at(-1)?.containments.length === 1);
    expect(link.inForce().policy?.revision).toBe(1);
  });

  test('that was told to wait refuses every call until a signed policy has come', async () => {
    const { server, start } = await place();
    const { link } = start({ AFTERTRACE_ON_START: 'closed' });
    await acked(server);
    expect(link.inForce().closed).toContain('has sent a signed policy');
    await acked(server, bundle(1));
    expect(link.inForce().closed).toBeDefined();
    await acked(server, signBundle(bundle(2), ourKey));
    expect(link.inForce().closed).toBeUndefined();
  });

  test('tells that there is nothing that could be signed', async () => {
    const { start } = await place();
    expect(start({ AFTERTRACE_COMPANION: 'none' }).told.join()).toMatch(/no policy is in force/);
  });
});

test('a process that pins none takes what comes, but no two under one revision', async () => {
  const { server, start } = await place();
  const { link } = start({ AFTERTRACE_POLICY_KEYS: '' });
  await acked(server);
  await acked(server, bundle(1));
  expect(link.inForce().policy?.revision).toBe(1);
  expect((await acked(server, bundle(1))).refused).toBeUndefined();
  const other = await acked(server, { ...bundle(1), rules: [] });
  expect(other).toMatchObject({ policyRevision: 1, refused: { policyRevision: 1 } });
  expect(link.inForce().policy?.rules).toHaveLength(1);
});

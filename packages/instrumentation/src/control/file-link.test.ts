import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { signBundle } from '@aftertrace/policy/compile';
import { generateSigningKey, readSigningKey } from '@aftertrace/schema/ed25519';
import { expect, onTestFinished, test } from 'vitest';

import { createDiagnostics } from '../diagnostics.ts';
import { createInFlightCalls } from '../guard/in-flight.ts';
import { createEnforcement, type Applied } from './enforcement.ts';
import { createFileLink } from './file-link.ts';
import type { ManagedLink } from './link.ts';
import { createPolicyTrust, EVERY_POLICY } from './policy-trust.ts';

const HEAD = 'name: shop\nrevision: 1\n';
const RULE = 'rules:\n  - { id: one, match: { tool: sql }, verdict: block, mode: enforce }\n';

/** A directory of policies and a process that it governs; `applied` resolves with what became of the next bundle. */
async function govern(closed?: string) {
  const home = await mkdtemp(join(tmpdir(), 'aftertrace-'));
  const path = join(home, 'policy');
  await mkdir(path);
  const write = async (name: string, text: string): Promise<void> =>
    writeFile(join(path, name), text);
  await write('a.yaml', HEAD);
  await write('b.yaml', RULE);
  const inFlight = createInFlightCalls();
  const enforcement = createEnforcement({ inFlight, now: Date.now, requiresPolicy: true });
  if (closed !== undefined) enforcement.close(closed);
  const told: string[] = [];
  let next = Promise.withResolvers<Applied>();
  const start = async (trust = EVERY_POLICY) => {
    const ready = next.promise;
    const link = createFileLink({
      file: path,
      enforcement: {
        ...enforcement,
        apply: async (...given) => {
          const applied = await enforcement.apply(...given);
          next.resolve(applied);
          next = Promise.withResolvers<Applied>();
          return applied;
        },
      },
      diagnostics: createDiagnostics((line) => told.push(line)),
      trust,
    });
    onTestFinished(async () => {
      link.close();
      await rm(home, { recursive: true, force: true });
    });
    return { link, first: await ready };
  };
  return { home, path, write, told, start, applied: async () => next.promise };
}

const rulesOf = (link: ManagedLink): unknown => link.inForce().policy?.rules.map(({ id }) => id);

test('a directory holds as one policy, and a change of one file replaces it whole', async () => {
  const { write, start, applied } = await govern();
  const { link } = await start();
  expect(rulesOf(link)).toEqual(['one']);
  const next = applied();
  await write('c.yaml', RULE.replace('one', 'two'));
  await next;
  expect(rulesOf(link)).toEqual(['one', 'two']);
});

test('a bad file changes nothing, and every problem of it is told by file and line', async () => {
  const { write, told, start, applied } = await govern();
  const { link } = await start();
  let next = applied();
  const bad = Array.from({ length: 7 }, (_, index) => `  - { id: r${index}, verdict: stop }\n`);
  await write('c.yaml', `rules:\n${bad.join('')}`);
  expect((await next).refused?.problems).toHaveLength(14);
  expect(rulesOf(link)).toEqual(['one']);
  next = applied();
  await write('c.yaml', 'rules: []\n');
  expect((await next).refused).toBeUndefined();
  for (const line of [2, 3, 4, 5, 6, 7, 8])
    expect(told.some((one) => one.includes(`c.yaml:${line}:`))).toBe(true);
});

test('a process that was told to wait is open when the policy holds, not before', async () => {
  const { write, start, applied } = await govern('not yet');
  await write('b.yaml', 'rules: nonsense\n');
  const { link } = await start();
  expect(link.inForce().closed).toBe('not yet');
  const next = applied();
  await write('b.yaml', RULE);
  await next;
  expect(link.inForce().closed).toBeUndefined();
});

test('of a policy that has to be signed, what is unsigned or older is refused, by later processes too', async () => {
  const { home, path, write, start, applied } = await govern();
  const files = generateSigningKey();
  const keysFile = join(home, 'keys.pem');
  await writeFile(keysFile, files.publicKeyPem);
  const options = { env: {}, home, keysFile, minRevision: undefined, source: path };
  const put = async (revision: number): Promise<void> => {
    const bundle = { name: 'shop', revision, rules: [] };
    const signed = signBundle(bundle, readSigningKey(files.privateKeyPem));
    await write('a.yaml', JSON.stringify(signed));
  };
  await write('b.yaml', '{}');
  const first = await start(createPolicyTrust({ ...options, instance: 'i-1' }));
  expect(first.first.refused?.problems.join()).toMatch(/not signed/);
  let next = applied();
  await put(5);
  expect((await next).refused).toBeUndefined();
  expect(first.link.inForce().policy?.revision).toBe(5);
  next = applied();
  await put(6);
  await next;
  next = applied();
  await put(4);
  expect((await next).refused?.problems.join()).toMatch(/revision 4 is older than 6/);
  first.link.close();
  const trust = createPolicyTrust({ ...options, instance: 'i-2' });
  expect(
    await trust.problemsOf(signBundle({ revision: 5 }, readSigningKey(files.privateKeyPem))),
  ).toEqual([expect.stringMatching(/older than 6/)]);
});

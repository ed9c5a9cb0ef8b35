import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, onTestFinished, test } from 'vitest';

import { companionTls } from './companion-tls.ts';

/** A file name that nobody has written yet. */
async function freeName(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'aftertrace-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  return join(directory, 'some.pem');
}

async function fileWith(text: string): Promise<string> {
  const file = await freeName();
  await writeFile(file, text);
  return file;
}

test('where the authority cannot be read nobody is trusted, not even who is well known', async () => {
  const missing = await freeName();
  const { tls, problems } = companionTls({ AFTERTRACE_CA_FILE: missing }, undefined);
  expect(tls).toEqual({ ca: [] });
  expect(problems).toEqual([expect.stringMatching(/^AFTERTRACE_CA_FILE cannot be read: .*ENOENT/)]);
  expect(companionTls({}, missing).tls).toEqual({ ca: [] });
});

test('the authority of the environment wins over the one that the companion left', async () => {
  const [given, left] = await Promise.all([fileWith('given'), fileWith('left')]);
  expect(companionTls({ AFTERTRACE_CA_FILE: given }, left).tls).toEqual({ ca: ['given'] });
  expect(companionTls({}, left)).toEqual({ tls: { ca: ['left'] }, problems: [] });
  expect(companionTls({}, undefined)).toEqual({ tls: {}, problems: [] });
});

test('a certificate that is none is not shown, and somebody is told', async () => {
  const file = await fileWith('no PEM');
  const env = { AFTERTRACE_CLIENT_CERT_FILE: file, AFTERTRACE_CLIENT_KEY_FILE: file };
  const { tls, problems } = companionTls(env, undefined);
  expect(tls).toEqual({});
  expect(problems).toEqual([expect.stringContaining('are no certificate and its key')]);
});

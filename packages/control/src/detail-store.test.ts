import { mkdtemp, mkdir, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { canonicalJson, digest } from '@aftertrace/schema';
import * as fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';

import { detailId } from './detail-ref.ts';
import { createDetailStore, type DetailStore } from './detail-store.ts';

async function store(): Promise<{ readonly details: DetailStore; readonly dataDir: string }> {
  const dataDir = await mkdtemp(join(tmpdir(), 'aftertrace-details-'));
  onTestFinished(async () => rm(dataDir, { recursive: true, force: true }));
  return { details: createDetailStore({ dataDir }), dataDir };
}

const value = { customer: 'Ana Ruiz', amount: 900, nested: [null, 'ü'] };
const hexOf = (id: string): string => id.replace('sha256:', '');

test('a value comes back by its digest, and no byte of it can be read from its file', async () => {
  const { details, dataDir } = await store();
  const id = await details.put(value);
  expect(id).toBe(digest(value));
  expect(await details.get(id)).toEqual(value);
  const file = join(dataDir, 'details', `${hexOf(id)}.sealed`);
  expect((await readFile(file)).includes('Ana')).toBe(false);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect((await stat(join(dataDir, 'detail-keys', `${hexOf(id)}.key`))).mode & 0o777).toBe(0o600);
});

test('every value of JSON comes back', async () => {
  const { details } = await store();
  await fc.assert(
    fc.asyncProperty(fc.jsonValue({ maxDepth: 3 }), async (any) => {
      expect(canonicalJson(await details.get(await details.put(any)))).toBe(canonicalJson(any));
    }),
    { numRuns: 50 },
  );
});

test('a destroyed value is gone, also where a copy of its file is kept', async () => {
  const { details, dataDir } = await store();
  const id = await details.put(value);
  const file = join(dataDir, 'details', `${hexOf(id)}.sealed`);
  const backup = await readFile(file);
  expect(await details.destroy(id)).toBe(true);
  await writeFile(file, backup);
  expect(await details.get(id)).toBeUndefined();
  expect(await details.destroy(id)).toBe(true);
  expect(await details.destroy(id)).toBe(false);
  expect(await readdir(join(dataDir, 'detail-keys'))).toEqual([]);
  expect(await details.get(await details.put(value))).toEqual(value);
});

test('the same value given many times at once can be read', async () => {
  const { details } = await store();
  const ids = await Promise.all(Array.from({ length: 20 }, async () => details.put(value)));
  expect(new Set(ids).size).toBe(1);
  expect(await details.get(ids[0] ?? '')).toEqual(value);
});

test('a value that was changed, or put in the place of another, is none', async () => {
  const { details, dataDir } = await store();
  const [one, other] = [await details.put(value), await details.put({ amount: 1 })];
  const path = (id: string, kind: 'details' | 'detail-keys'): string =>
    join(dataDir, kind, `${hexOf(id)}.${kind === 'details' ? 'sealed' : 'key'}`);
  for (const kind of ['details', 'detail-keys'] as const)
    await writeFile(path(one, kind), await readFile(path(other, kind)));
  expect(await details.get(one)).toBeUndefined();
  const bytes = await readFile(path(other, 'details'));
  bytes[15] = (bytes[15] ?? 0) ^ 1;
  await writeFile(path(other, 'details'), bytes);
  expect(await details.get(other)).toBeUndefined();
});

test('values from before they were encrypted are read, and destroyed', async () => {
  const { details, dataDir } = await store();
  const id = digest(value);
  await mkdir(join(dataDir, 'details'));
  await writeFile(join(dataDir, 'details', `${hexOf(id)}.json`), canonicalJson(value));
  expect(await details.get(id)).toEqual(value);
  expect(await details.destroy(id)).toBe(true);
  expect(await details.get(id)).toBeUndefined();
});

test('a file from before that is damaged is none, and a write that fails leaves no key behind', async () => {
  const { details, dataDir } = await store();
  const id = digest(value);
  await mkdir(join(dataDir, 'details'));
  await writeFile(join(dataDir, 'details', `${hexOf(id)}.json`), '{"customer":');
  expect(await details.get(id)).toBeUndefined();
  // A directory in the file's place: no rename gets past it, whoever runs the test.
  await mkdir(join(dataDir, 'detail-keys', `${hexOf(id)}.key`), { recursive: true });
  await expect(details.put(value)).rejects.toThrow(/rename/);
  expect(await readdir(join(dataDir, 'detail-keys'))).toEqual([`${hexOf(id)}.key`]);
});

test('what is no digest names no file', async () => {
  const { details } = await store();
  expect(await details.get('../../token')).toBeUndefined();
  expect(await details.destroy('../../token')).toBe(false);
});

test('a value that is given again is as new, and is not destroyed as one that was old before', async () => {
  const { details, dataDir } = await store();
  const id = await details.put(value);
  const key = join(dataDir, 'detail-keys', `${hexOf(id)}.key`);
  await utimes(key, 1000, 1000);
  const [old] = await details.list();
  expect(old).toEqual({ id, sinceMillis: 1_000_000 });
  await details.put(value);
  expect(await details.destroy(id, 1_000_000)).toBe(false);
  expect(await details.get(id)).toEqual(value);
  await utimes(key, 1000, 1000);
  expect(await details.destroy(id, 1_000_000)).toBe(true);
});

test('equal values of two owners are two: one is destroyed, the other stays', async () => {
  const { details, dataDir } = await store();
  const of = (owner: string): string => detailId({ digest: digest(value), owner });
  expect(await details.put(value, 'apr_1')).toBe(digest(value));
  await details.put(value, 'apr_2');
  expect((await details.list()).map(({ id }) => id).toSorted()).toEqual(
    [of('apr_1'), of('apr_2')].toSorted(),
  );
  expect(await details.destroy(of('apr_1'))).toBe(true);
  expect(await details.get(digest(value), 'apr_1')).toBeUndefined();
  expect(await details.get(digest(value))).toBeUndefined();
  expect(await details.get(digest(value), 'apr_2')).toEqual(value);
  expect(await readdir(join(dataDir, 'details'))).toEqual([`${hexOf(of('apr_2'))}.sealed`]);
});

test('a value from before values had owners is found for each', async () => {
  const { details } = await store();
  const id = await details.put(value);
  expect(await details.get(id, 'apr_1')).toEqual(value);
});

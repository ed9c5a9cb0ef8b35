import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';

import { canonicalJson, digest } from '@aftertrace/schema';
import { z } from 'zod';

import { detailId } from './detail-ref.ts';
import { replaceFile } from './replace-file.ts';

/**
 * Values that may hold personal data (arguments of tools, results), each encrypted in a file of its own named by its
 * digest and its owner, with a key of its own in another directory. The ledger holds the digest only: a value is destroyed
 * with its key, in copies of the value too, and no chain breaks.
 */
export interface DetailStore {
  /**
   * Resolves with the digest of the value once it is on disk.
   *
   * @param owner What points to it (see `detailRefs`): equal values of others are others. Default: nobody's, found by the
   * digest alone.
   */
  readonly put: (value: unknown, owner?: string) => Promise<string>;
  /** The same for a text of people: with chance in it, so that nobody finds a short one by its digest. */
  readonly putText: (text: string) => Promise<string>;
  /** The text, or undefined where it was destroyed. */
  readonly getText: (digest: string) => Promise<string | undefined>;
  /**
   * The value, or undefined where it was destroyed, or is not what the digest says. One from before values had owners is
   * found for every owner.
   */
  readonly get: (digest: string, owner?: string) => Promise<unknown>;
  /**
   * Removes key and value; false where there was neither.
   *
   * @param id The `detailId` of a value that has an owner, the digest of one that has none.
   * @param untilMillis Milliseconds since the epoch: one that was given later is left, and it is false. Default: any.
   */
  readonly destroy: (id: string, untilMillis?: number) => Promise<boolean>;
  /** What can still be read, and when it was last given, in milliseconds since the epoch. */
  readonly list: () => Promise<readonly { readonly id: string; readonly sinceMillis: number }[]>;
}

export interface DetailStoreOptions {
  /** The companion's data directory: values go to `details/`, keys to `detail-keys/`. */
  readonly dataDir: string;
  /** Random bytes, for keys and nonces. Default: the system's. */
  readonly random?: (bytes: number) => Buffer;
}

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const CIPHER = 'aes-256-gcm';
const SALT_BYTES = 16;

const SaltedText = z.object({ text: z.string(), salt: z.string() });

export function createDetailStore(options: DetailStoreOptions): DetailStore {
  return new FileDetails(options);
}

class FileDetails implements DetailStore {
  readonly #values: string;
  readonly #keys: string;
  readonly #random: (bytes: number) => Buffer;
  /** One at a time for each digest: a value and its key belong together. */
  readonly #writing = new Map<string, Promise<unknown>>();

  constructor({ dataDir, random = randomBytes }: DetailStoreOptions) {
    this.#values = join(dataDir, 'details');
    this.#keys = join(dataDir, 'detail-keys');
    this.#random = random;
  }

  put = async (value: unknown, owner?: string): Promise<string> => {
    const text = canonicalJson(value);
    const valueDigest = digest(value);
    const id = owner === undefined ? valueDigest : detailId({ digest: valueDigest, owner });
    await this.#alone(id, async () => {
      if ((await this.#read(id)) === text && (await this.#renew(id))) return;
      const key = this.#random(KEY_BYTES);
      const nonce = this.#random(NONCE_BYTES);
      const cipher = createCipheriv(CIPHER, key, nonce).setAAD(Buffer.from(id));
      const sealed = Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final()]);
      // The key first: a value that nobody can read is worse than a key without a value.
      await writePart(this.#keys, `${hexOf(id)}.key`, key);
      await writePart(
        this.#values,
        `${hexOf(id)}.sealed`,
        Buffer.concat([sealed, cipher.getAuthTag()]),
      );
    });
    return valueDigest;
  };

  get = async (valueDigest: string, owner?: string): Promise<unknown> => {
    const owned =
      owner === undefined ? undefined : await this.#read(detailId({ digest: valueDigest, owner }));
    const text = owned ?? (await this.#read(valueDigest));
    if (text === undefined) return undefined;
    try {
      const value = JSON.parse(text) as unknown;
      return digest(value) === valueDigest ? value : undefined;
    } catch {
      return undefined; // Damaged: not what the digest says.
    }
  };

  putText = async (text: string): Promise<string> =>
    this.put({ text, salt: this.#random(SALT_BYTES).toString('base64url') });

  getText = async (id: string): Promise<string | undefined> => {
    const parsed = SaltedText.safeParse(await this.get(id));
    return parsed.data?.text;
  };

  list: DetailStore['list'] = async () => {
    const names = await readdir(this.#keys).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    });
    const found = names.map(async (name) => {
      const hex = /^([0-9a-f]{64})\.key$/.exec(name)?.[1];
      if (hex === undefined) return [];
      const { mtimeMs } = await stat(join(this.#keys, name));
      return [{ id: `sha256:${hex}`, sinceMillis: mtimeMs }];
    });
    return (await Promise.all(found)).flat();
  };

  destroy = async (id: string, untilMillis = Infinity): Promise<boolean> =>
    this.#alone(id, async () => {
      const hex = hexOf(id);
      if (await this.#isNewer(hex, untilMillis)) return false;
      const files = [
        join(this.#keys, `${hex}.key`),
        join(this.#values, `${hex}.sealed`),
        join(this.#values, `${hex}.json`),
      ];
      const removed = await Promise.all(files.map(remove));
      return removed.includes(true);
    });

  async #isNewer(hex: string, untilMillis: number): Promise<boolean> {
    if (untilMillis === Infinity) return false;
    const key = await stat(join(this.#keys, `${hex}.key`)).catch(() => undefined);
    return key !== undefined && key.mtimeMs > untilMillis;
  }

  /** What is given again is about to be pointed to again. False: it is gone, or from before values were encrypted. */
  async #renew(id: string): Promise<boolean> {
    const at = new Date(); // By the clock that files are written by.
    return utimes(join(this.#keys, `${hexOf(id)}.key`), at, at).then(
      () => true,
      () => false,
    );
  }

  async #alone<T>(id: string, work: () => Promise<T>): Promise<T> {
    const turn = (this.#writing.get(id) ?? Promise.resolve()).then(work, work);
    this.#writing.set(id, turn);
    try {
      return await turn;
    } finally {
      if (this.#writing.get(id) === turn) this.#writing.delete(id);
    }
  }

  async #read(id: string): Promise<string | undefined> {
    const hex = hexOf(id);
    try {
      const [key, bytes] = await Promise.all([
        readFile(join(this.#keys, `${hex}.key`)),
        readFile(join(this.#values, `${hex}.sealed`)),
      ]);
      const nonce = bytes.subarray(0, NONCE_BYTES);
      const tagAt = bytes.length - TAG_BYTES;
      const decipher = createDecipheriv(CIPHER, key, nonce).setAAD(Buffer.from(id));
      decipher.setAuthTag(bytes.subarray(tagAt));
      return (
        decipher.update(bytes.subarray(NONCE_BYTES, tagAt), undefined, 'utf8') +
        decipher.final('utf8')
      );
    } catch {
      // Destroyed on purpose, lost or changed: the digest in the ledger still says what it was. Or from before values
      // were encrypted.
      return readFile(join(this.#values, `${hex}.json`), 'utf8').catch(() => undefined);
    }
  }
}

async function writePart(directory: string, name: string, bytes: Buffer): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await replaceFile(join(directory, name), bytes);
}

/** Only the hexadecimal digits of a digest ever become a file name. */
function hexOf(id: string): string {
  return /^sha256:([0-9a-f]{64})$/.exec(id)?.[1] ?? 'none';
}

async function remove(path: string): Promise<boolean> {
  try {
    await rm(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

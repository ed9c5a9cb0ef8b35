import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';

const TAR_BLOCK = 512;

/** A package registry of the loopback. */
export interface Registry {
  readonly url: string;
  readonly stop: () => void;
}

interface Packed {
  readonly manifest: { readonly name: string; readonly version: string };
  readonly tarball: Buffer;
}

/**
 * Serves the tarballs of a directory as if they were published, so that `npm install aftertrace` installs what is in
 * this checkout. What it does not have, it sends npm to `upstream` for.
 */
export async function startRegistry(dir: string, upstream: string): Promise<Registry> {
  const packed = new Map<string, Packed>();
  for (const file of await readdir(dir)) {
    const tarball = await readFile(path.join(dir, file));
    const manifest = readManifest(tarball);
    packed.set(manifest.name, { manifest, tarball });
  }
  let url = '';
  const server = createServer((request, response) => {
    answer(request, response, { packed, url, upstream });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no port could be had');
  url = `http://127.0.0.1:${address.port}`;
  return {
    url,
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

interface Shelf {
  readonly packed: ReadonlyMap<string, Packed>;
  readonly url: string;
  readonly upstream: string;
}

function answer(request: IncomingMessage, response: ServerResponse, shelf: Shelf): void {
  const asked = decodeURIComponent((request.url ?? '/').slice(1));
  const [name = '', tarballOf] = asked.split('/-/');
  const found = shelf.packed.get(name);
  // Ports are given again: nothing of this may stay in npm's cache for another checkout's registry.
  response.setHeader('cache-control', 'no-store');
  if (found === undefined) {
    const to = new URL(request.url ?? '/', shelf.upstream);
    response.writeHead(307, { location: to.href }).end();
  } else if (tarballOf === undefined) {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(describe(found, shelf.url)));
  } else {
    response.end(found.tarball);
  }
}

/** What npm reads of a package: its versions, of which there is one, and where its tarball is. */
function describe({ manifest, tarball }: Packed, url: string): object {
  const { name, version } = manifest;
  const integrity = `sha512-${createHash('sha512').update(tarball).digest('base64')}`;
  const dist = { tarball: `${url}/${name}/-/${version}.tgz`, integrity };
  return { name, 'dist-tags': { latest: version }, versions: { [version]: { ...manifest, dist } } };
}

/** `package/package.json` of a tarball, which npm wants to know before it has the tarball. */
function readManifest(tarball: Buffer): Packed['manifest'] {
  const tar = gunzipSync(tarball);
  for (let at = 0; at + TAR_BLOCK <= tar.length;) {
    const name = textOf(tar.subarray(at, at + 100));
    const size = Number.parseInt(textOf(tar.subarray(at + 124, at + 136)), 8) || 0;
    const from = at + TAR_BLOCK;
    if (name === 'package/package.json') {
      return JSON.parse(tar.toString('utf8', from, from + size)) as Packed['manifest'];
    }
    at = from + Math.ceil(size / TAR_BLOCK) * TAR_BLOCK;
  }
  throw new Error('a tarball without package/package.json');
}

function textOf(field: Buffer): string {
  return field.toString('latin1').replace(/\0.*$/s, '').trim();
}

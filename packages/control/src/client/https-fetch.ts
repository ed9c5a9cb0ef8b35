import { request as httpsRequest } from 'node:https';

/** What a client shows and expects where TLS is spoken; PEM texts. */
export interface ClientTls {
  /** Authority that the certificate is checked against, in the place of the well-known ones. */
  readonly ca?: string;
  /** Shown to a server that asks for one (mutual TLS). */
  readonly cert?: string;
  /** The key of `cert`. */
  readonly key?: string;
}

/** What Node's own `fetch` cannot do: an authority and a certificate of one's own. Texts only, no redirects. */
export function createHttpsFetch(tls: ClientTls): typeof fetch {
  return async (input, init = {}) => {
    const url = new URL(input instanceof Request ? input.url : input);
    const body = init.body ?? undefined;
    if (body !== undefined && typeof body !== 'string' && !(body instanceof Uint8Array)) {
      throw new TypeError('only texts and bytes are sent');
    }
    const { promise, resolve, reject } = Promise.withResolvers<Response>();
    const request = httpsRequest(url, {
      ...tls,
      agent: false,
      method: init.method ?? 'GET',
      headers: Object.fromEntries(new Headers(init.headers)),
      signal: init.signal ?? undefined,
    });
    request.on('error', reject);
    request.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('error', reject);
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        try {
          resolve(toResponse(response.statusCode ?? 0, Buffer.concat(chunks)));
        } catch (error) {
          reject(error); // A status that is none; thrown from here it would end the process.
        }
      });
    });
    request.end(body);
    return promise;
  };
}

/** Statuses whose answer has no body, by the Fetch standard. */
const BODILESS: ReadonlySet<number> = new Set([204, 205, 304]);

function toResponse(status: number, body: Buffer<ArrayBuffer>): Response {
  return new Response(BODILESS.has(status) ? null : body, { status });
}

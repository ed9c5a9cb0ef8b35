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
        const { statusCode: status = 0 } = response;
        const isBodiless = status === 204 || status === 304;
        resolve(new Response(isBodiless ? null : Buffer.concat(chunks), { status }));
      });
    });
    request.end(body);
    return promise;
  };
}

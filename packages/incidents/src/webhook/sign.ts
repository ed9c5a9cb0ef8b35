import { createHmac } from 'node:crypto';

import { IncidentsError } from '../errors.ts';

const PREFIX = 'whsec_';

/**
 * The key of a Standard Webhooks secret: `whsec_` and 24 to 64 bytes in base64.
 *
 * @throws IncidentsError `bad_destination` for anything else. The message does not repeat the secret.
 */
export function parseSecret(secret: string): Buffer {
  const encoded = secret.startsWith(PREFIX) ? secret.slice(PREFIX.length) : undefined;
  const key = Buffer.from(encoded ?? '', 'base64');
  if (
    encoded === undefined ||
    key.toString('base64').replace(/=+$/, '') !== encoded.replace(/=+$/, '')
  ) {
    throw new IncidentsError(
      'bad_destination',
      'a webhook secret is "whsec_" followed by base64; the one given is not (make one with: openssl rand -base64 32)',
    );
  }
  if (key.length < 24 || key.length > 64) {
    throw new IncidentsError(
      'bad_destination',
      `a webhook secret holds 24 to 64 bytes; the one given holds ${key.length}`,
    );
  }
  return key;
}

/** What is signed: the message's id, when it is sent (seconds since the epoch), and its exact body. */
export interface SignedMessage {
  readonly id: string;
  readonly timestampSeconds: number;
  readonly body: string;
}

/** The value of `webhook-signature`: one `v1,<base64 HMAC-SHA256>` a key, so that secrets can be rotated. */
export function webhookSignature(message: SignedMessage, keys: readonly Buffer[]): string {
  const text = `${message.id}.${message.timestampSeconds}.${message.body}`;
  return keys
    .map((key) => `v1,${createHmac('sha256', key).update(text).digest('base64')}`)
    .join(' ');
}

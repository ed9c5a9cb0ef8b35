import { sha256Hex } from '@aftertrace/schema';

import type { DeliveryResult, Destination } from '../destination.ts';
import { IncidentsError } from '../errors.ts';
import { addressProblem, BlockedAddressError, hostOf } from './address-guard.ts';
import { cloudEventJson } from './cloud-event.ts';
import { post, type PostAnswer } from './post.ts';
import { parseSecret, webhookSignature } from './sign.ts';
import { isIP } from 'node:net';

/** Settings of a generic webhook. */
export interface WebhookOptions {
  /** Lower-case letters, digits and dashes. */
  readonly name: string;
  /** `https:` or `http:`, without credentials. */
  readonly url: string;
  /** Standard Webhooks secrets (`whsec_…`); while one is being rotated, the new and the old one. At least one. */
  readonly secrets: readonly string[];
  /** Milliseconds since the epoch; each attempt is signed with its own time. */
  readonly now: () => number;
  /** How long to wait for an answer. Default 15 s. */
  readonly timeoutMillis?: number;
  /** Let it connect to private addresses; and to loopback, where the URL itself says loopback. Default false. */
  readonly allowPrivate?: boolean;
  /** `source` of the CloudEvents: which Aftertrace this is. Default `urn:aftertrace`. */
  readonly source?: string;
}

function bad(name: string, problem: string): IncidentsError {
  return new IncidentsError('bad_destination', `destination ${JSON.stringify(name)}: ${problem}`);
}

function checkedUrl(options: WebhookOptions): URL {
  const url = URL.parse(options.url);
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw bad(options.name, 'url must be an http: or https: address');
  }
  if (url.username !== '' || url.password !== '') {
    throw bad(
      options.name,
      'url must not hold credentials; receivers verify the signature instead',
    );
  }
  const host = hostOf(url);
  if (isIP(host) !== 0) {
    const problem = addressProblem(host, host, options.allowPrivate ?? false);
    if (problem !== undefined) throw bad(options.name, problem);
  }
  return url;
}

/** Reads `Retry-After`: seconds or an HTTP date. Anything else counts as absent. */
export function retryAfterMillis(value: string | undefined, nowMillis: number): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d{1,9}$/.test(value.trim())) return Number(value) * 1_000;
  const at = Date.parse(value);
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowMillis);
}

/** What an answer means, by Standard Webhooks 1.0.0 and the CloudEvents webhook binding. */
function resultOf({ status, retryAfter }: PostAnswer, nowMillis: number): DeliveryResult {
  const reason = `HTTP ${status}`;
  if (status >= 200 && status < 300) return { status: 'delivered' };
  if (status === 410) return { status: 'gone', reason };
  if (status === 408 || status === 425 || status === 429 || status >= 500) {
    const wait = retryAfterMillis(retryAfter, nowMillis);
    return { status: 'retry', reason, ...(wait === undefined ? {} : { retryAfterMillis: wait }) };
  }
  const redirected = status >= 300 && status < 400;
  return {
    status: 'rejected',
    reason: redirected ? `${reason}: redirects are not followed, set the final address` : reason,
  };
}

function failureOf(error: unknown): DeliveryResult {
  const reason = error instanceof Error ? error.message : String(error);
  return error instanceof BlockedAddressError
    ? { status: 'rejected', reason }
    : { status: 'retry', reason };
}

/**
 * Any HTTP receiver: a CloudEvents 1.0.2 body, signed as Standard Webhooks 1.0.0 says. `webhook-id` is the notice's key and
 * the same on every attempt.
 *
 * @throws IncidentsError `bad_destination` when a setting cannot work.
 */
export function createWebhookDestination(options: WebhookOptions): Destination {
  if (!/^[a-z0-9][a-z0-9-]{0,62}$/.test(options.name)) {
    throw bad(options.name, 'a name is lower-case letters, digits and dashes');
  }
  const url = checkedUrl(options);
  if (options.secrets.length === 0) throw bad(options.name, 'at least one secret is needed');
  const keys = options.secrets.map(parseSecret);
  const source = options.source ?? 'urn:aftertrace';
  return {
    name: options.name,
    target: sha256Hex(url.href),
    async send(notice, signal) {
      const body = cloudEventJson(notice, source);
      const id = notice.key;
      const timestampSeconds = Math.floor(options.now() / 1_000);
      try {
        const answer = await post({
          url,
          body,
          signal,
          timeoutMillis: options.timeoutMillis ?? 15_000,
          allowPrivate: options.allowPrivate ?? false,
          headers: {
            'content-type': 'application/cloudevents+json; charset=utf-8',
            'user-agent': 'aftertrace',
            'webhook-id': id,
            'webhook-timestamp': String(timestampSeconds),
            'webhook-signature': webhookSignature({ id, timestampSeconds, body }, keys),
          },
        });
        return resultOf(answer, options.now());
      } catch (error) {
        return failureOf(error);
      }
    },
  };
}

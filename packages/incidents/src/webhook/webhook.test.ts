import { Webhook } from 'standardwebhooks';
import { describe, expect, test } from 'vitest';

import type { Notice } from '../notice.ts';
import { startWebhookReceiver, status, type Received } from '../testing/webhook-receiver.ts';
import { createWebhookDestination, retryAfterMillis } from './webhook.ts';

const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const oldSecret = `whsec_${Buffer.alloc(24, 9).toString('base64')}`;
const never = new AbortController().signal;

const notice: Notice = {
  key: 'inc_1.0',
  incident: 'inc_1',
  seq: 0,
  type: 'opened',
  at: '2026-11-22T10:00:00.000Z',
  data: {
    incident: 'inc_1',
    title: 'refund failed: timeout [support] – ünïcode',
    state: 'triage',
    severity: 'sev3',
    kind: 'tool_failure',
    agent: 'support',
    fingerprint: 'sha256:f',
    firstSeen: '2026-11-22T10:00:00.000Z',
    lastSeen: '2026-11-22T10:00:00.000Z',
    counts: { findings: 3, runs: 3, conversations: 1, containments: 0, overrides: 0 },
    links: {},
    reviewCommand: 'aftertrace review inc_1',
  },
};

function webhook(
  url: string,
  changes: Partial<Parameters<typeof createWebhookDestination>[0]> = {},
) {
  return createWebhookDestination({
    name: 'team',
    url,
    secrets: [secret],
    now: Date.now,
    allowPrivate: true,
    ...changes,
  });
}

function verify(received: Received | undefined, with_: string): unknown {
  return new Webhook(with_).verify(received?.body ?? '', {
    'webhook-id': String(received?.headers['webhook-id']),
    'webhook-timestamp': String(received?.headers['webhook-timestamp']),
    'webhook-signature': String(received?.headers['webhook-signature']),
  });
}

test('a receiver verifies the signature with the reference library and gets a CloudEvent', async () => {
  await using receiver = await startWebhookReceiver();
  const destination = webhook(receiver.url, { secrets: [secret, oldSecret] });
  expect(await destination.send(notice, never)).toEqual({ status: 'delivered' });
  const [received] = receiver.received;
  expect(verify(received, secret)).toEqual({
    specversion: '1.0',
    id: 'inc_1.0',
    source: 'urn:aftertrace',
    type: 'aftertrace.incident.opened.v1',
    subject: 'inc_1',
    time: '2026-11-22T10:00:00.000Z',
    datacontenttype: 'application/json',
    data: notice.data,
  });
  expect(verify(received, oldSecret)).toBeDefined();
  expect(() => verify(received, `whsec_${Buffer.alloc(32, 8).toString('base64')}`)).toThrow(
    /signature/,
  );
  expect(received?.headers['webhook-id']).toBe('inc_1.0');
  expect(received?.headers['content-type']).toBe('application/cloudevents+json; charset=utf-8');
});

test.each([
  [200, { status: 'delivered' }],
  [202, { status: 'delivered' }],
  [410, { status: 'gone', reason: 'HTTP 410' }],
  [400, { status: 'rejected', reason: 'HTTP 400' }],
  [404, { status: 'rejected', reason: 'HTTP 404' }],
  [408, { status: 'retry', reason: 'HTTP 408' }],
  [500, { status: 'retry', reason: 'HTTP 500' }],
  [503, { status: 'retry', reason: 'HTTP 503' }],
] as const)('an answer of %s means %o', async (code, result) => {
  await using receiver = await startWebhookReceiver();
  receiver.answer = status(code);
  expect(await webhook(receiver.url).send(notice, never)).toEqual(result);
});

test('Retry-After is passed on', async () => {
  await using receiver = await startWebhookReceiver();
  receiver.answer = status(429, { 'retry-after': '120' });
  expect(await webhook(receiver.url).send(notice, never)).toEqual({
    status: 'retry',
    reason: 'HTTP 429',
    retryAfterMillis: 120_000,
  });
});

test.each([
  ['7', 7_000],
  ['Sun, 22 Nov 2026 10:01:00 GMT', 60_000],
  ['Sun, 22 Nov 2026 09:00:00 GMT', 0],
  ['soon', undefined],
  [undefined, undefined],
])('Retry-After %s is %s ms', (value, millis) => {
  expect(retryAfterMillis(value, Date.parse('2026-11-22T10:00:00Z'))).toBe(millis);
});

test('a redirect is not followed', async () => {
  await using receiver = await startWebhookReceiver();
  receiver.answer = status(307, { location: '/elsewhere' });
  expect(await webhook(receiver.url).send(notice, never)).toMatchObject({ status: 'rejected' });
  expect(receiver.received.map(({ path }) => path)).toEqual(['/hook']);
});

test('a receiver that does not answer in time is tried again', async () => {
  await using receiver = await startWebhookReceiver();
  receiver.answer = () => undefined;
  const result = await webhook(receiver.url, { timeoutMillis: 50 }).send(notice, never);
  expect(result).toMatchObject({ status: 'retry' });
});

test('a receiver that is not there is tried again', async () => {
  const url = await (async () => {
    await using receiver = await startWebhookReceiver();
    return receiver.url;
  })();
  expect(await webhook(url).send(notice, never)).toMatchObject({
    status: 'retry',
    reason: expect.stringContaining('ECONNREFUSED') as unknown,
  });
});

describe('private addresses', () => {
  test.each([
    'http://127.0.0.1/',
    'http://2130706433/',
    'http://0x7f.1/',
    'http://[::1]/',
    'http://[::ffff:127.0.0.1]/',
    'http://10.1.2.3/',
    'http://169.254.169.254/latest/meta-data',
    'http://192.168.1.1/',
    'http://[fd00::1]/',
    'http://[fe80::1]/',
    'http://0.0.0.0/',
    'http://[64:ff9b::7f00:1]/',
  ])('%s is refused when it is configured', (url) => {
    expect(() => webhook(url, { allowPrivate: false })).toThrow(/not a public address/);
  });

  test('a name is looked at when it is resolved', async () => {
    const destination = webhook('http://localhost:9/', { allowPrivate: false });
    expect(await destination.send(notice, never)).toMatchObject({
      status: 'rejected',
      reason: expect.stringContaining('not a public address') as unknown,
    });
  });
});

test.each([
  ['ftp://example.com/', {}, /http: or https:/],
  ['https://user:pass@example.com/', {}, /credentials/],
  ['https://example.com/', { name: '../x' }, /a name is/],
  ['https://example.com/', { secrets: [] }, /at least one secret/],
  ['https://example.com/', { secrets: ['hunter2'] }, /whsec_/],
  ['https://example.com/', { secrets: ['whsec_c2hvcnQ='] }, /24 to 64 bytes/],
] as const)('%s with %o is refused', (url, changes, message) => {
  expect(() => webhook(url, changes)).toThrow(message);
  expect(() => webhook(url, changes)).not.toThrow(/hunter2|c2hvcnQ/);
});

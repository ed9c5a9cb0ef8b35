import * as api from '@opentelemetry/api';
import { afterEach, expect, test } from 'vitest';

import { startRecordingSdk } from '../testing/recording-sdk.ts';
import { endChatSpan, startChatSpan } from './chat-span.ts';

const sdk = startRecordingSdk();
afterEach(() => sdk.reset());

const ANSWER = {
  model: undefined,
  id: undefined,
  finishReason: 'stop',
  inputTokens: undefined,
  outputTokens: undefined,
  cacheReadTokens: undefined,
  reasoningTokens: undefined,
};

test.each([
  ['https://api.openai.com/v1/chat?key=1', 'api.openai.com', 443],
  ['https://api.openai.com/v1/responses?key=2', 'api.openai.com', 443],
  ['http://api.openai.com:8080/v1', 'api.openai.com', 8080],
  ['http://[::1]:11434/api', '::1', 11_434],
  ['http://localhost?at=//elsewhere.example', 'localhost', 80],
  ['https://user:secret@gateway.example/v1', 'gateway.example', 443],
  ['data:text/plain,//elsewhere.example/', undefined, undefined],
  ['ftp://files.example/', undefined, undefined],
  ['no address', undefined, undefined],
  [undefined, undefined, undefined],
])('the server of %s is %s', (url, address, port) => {
  const span = startChatSpan({ provider: 'openai', model: 'm', attributes: {} }, api.ROOT_CONTEXT);
  endChatSpan(span, { ...ANSWER, url });
  const { attributes } = sdk.span('chat m');
  expect([attributes['server.address'], attributes['server.port']]).toEqual([address, port]);
});

import { expect, test } from 'vitest';

import { readSettings } from './environment.ts';

test.each([
  [undefined, 'keep-last'],
  ['', 'keep-last'],
  [' Closed ', 'closed'],
  ['open', 'open'],
  ['keep-last', 'keep-last'],
  ['close', undefined],
])('AFTERTRACE_ON_START %j means %s', (value, onStart) => {
  expect(readSettings({ AFTERTRACE_ON_START: value }).onStart).toBe(onStart);
});

test.each([
  [{ AFTERTRACE_AGENT: 'a', OTEL_SERVICE_NAME: 'b' }, 'a'],
  [{ AFTERTRACE_AGENT: ' ', OTEL_SERVICE_NAME: 'b' }, 'b'],
  [{ OTEL_RESOURCE_ATTRIBUTES: 'x=1,service.name=c%20d,y=2' }, 'c d'],
  [{ OTEL_RESOURCE_ATTRIBUTES: 'service.name=50%' }, '50%'],
  [{}, 'agent'],
])('%j names its agents %s', (env, agent) => {
  expect(readSettings(env)).toMatchObject({ agent, captureContent: false, policyFile: undefined });
});

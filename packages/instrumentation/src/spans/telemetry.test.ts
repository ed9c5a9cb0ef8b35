import * as api from '@opentelemetry/api';
import { afterEach, expect, test } from 'vitest';

import { tracer } from './telemetry.ts';

afterEach(() => api.trace.disable());

function providerNamed(name: string): api.TracerProvider {
  return { getTracer: () => ({ name }) as unknown as api.Tracer };
}

test('the tracer is that of the SDK that is registered now, whenever it came', () => {
  const before = tracer();
  api.trace.setGlobalTracerProvider(providerNamed('first'));
  expect(tracer()).toMatchObject({ name: 'first' });
  expect(tracer()).toBe(tracer());
  api.trace.disable();
  api.trace.setGlobalTracerProvider(providerNamed('second'));
  expect(tracer()).toMatchObject({ name: 'second' });
  expect(tracer()).not.toBe(before);
});

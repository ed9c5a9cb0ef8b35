import { expect, test } from 'vitest';

import { checkCollectorConfig } from './check-config.ts';

test.each([
  ['a: 1\n---\nb: 2\n', /several documents in one file/],
  ['kind: ConfigMap\ndata:\n  relay.yaml: |\n    receivers: {}\n', /as text/],
  ['kind: OpenTelemetryCollector\nspec:\n  config: |\n    receivers: {}\n', /as text/],
  ['receivers: {}\n', /no service.pipelines/],
])('what it cannot read it says in words: %j', (text, message) => {
  expect(checkCollectorConfig(text)).toMatchObject({
    ok: false,
    message: expect.stringMatching(message),
  });
});

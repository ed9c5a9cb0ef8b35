import path from 'node:path';

import { defineConfig } from 'vitest/config';

// Suites and the processes that they start must not find the companion, or the settings, of whoever runs them.
for (const name of Object.keys(process.env)) {
  if (/^(?:AFTERTRACE|OTEL)_/.test(name) && !name.startsWith('AFTERTRACE_TEST_')) {
    delete process.env[name];
  }
}

/** What runs only beside real programs of others: `pnpm test:stack`. */
export default defineConfig({
  root: path.join(import.meta.dirname, '../..'),
  ssr: { resolve: { conditions: ['@aftertrace/source', 'node'] } },
  test: {
    include: ['test/stack/**/*.stack.ts'],
    globalSetup: ['test/stack/programs/global-setup.ts'],
    // Each suite starts a dozen processes.
    fileParallelism: false,
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
});

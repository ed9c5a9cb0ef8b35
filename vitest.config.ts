import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { defineConfig } from 'vitest/config';

// Tests and the processes that they start must not find the companion, or the settings, of whoever runs them.
for (const name of Object.keys(process.env)) {
  if (/^(?:AFTERTRACE|OTEL)_/.test(name)) delete process.env[name];
}
process.env['XDG_STATE_HOME'] = mkdtempSync(path.join(tmpdir(), 'aftertrace-state-'));

export default defineConfig({
  ssr: { resolve: { conditions: ['@aftertrace/source', 'node'] } },
  test: {
    include: ['{packages,examples,collector-config}/*/src/**/*.test.ts', 'test/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/dist/**'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // One second is the default, and too little on a machine that is busy: what takes so long is not what a test is about.
    expect: { poll: { timeout: 25_000 } },
  },
});

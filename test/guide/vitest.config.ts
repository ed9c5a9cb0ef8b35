import path from 'node:path';

import { defineConfig } from 'vitest/config';

/** The pages of docs/guide that need Node and npm, and nothing else: `pnpm test:guide`. */
export default defineConfig({
  root: path.join(import.meta.dirname, '../..'),
  ssr: { resolve: { conditions: ['@aftertrace/source', 'node'] } },
  test: {
    include: ['test/guide/**/*.guide.ts'],
    fileParallelism: false,
    hookTimeout: 180_000,
  },
});

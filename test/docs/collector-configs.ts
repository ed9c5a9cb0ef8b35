/**
 * The configurations in `collector-config/`, made as `aftertrace collector init` makes them.
 * `pnpm docs:collector` writes them; a test compares what is committed.
 */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { COMMITTED_CONFIGS } from '../../packages/cli/src/collector/committed-configs.ts';
import { writeCollectorConfig } from '../../packages/cli/src/collector/write-config.ts';

const FOLDER = fileURLToPath(new URL('../../collector-config', import.meta.url));

/** Where a configuration is committed. */
export function collectorConfigPath(file: string): string {
  return path.join(FOLDER, file);
}

/** File names and texts. */
export function collectorConfigs(): ReadonlyMap<string, string> {
  return new Map(
    COMMITTED_CONFIGS.map(({ file, answers }) => [file, writeCollectorConfig(answers)]),
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  for (const [file, text] of collectorConfigs()) await writeFile(collectorConfigPath(file), text);

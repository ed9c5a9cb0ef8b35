import { writeFile } from 'node:fs/promises';
import path from 'node:path';

import { expect, test, vi } from 'vitest';

import { foreignRun } from '../companion/testing/running.ts';
import { ExitCode } from '../exit-code.ts';
import { governed } from '../testing/governed.ts';
import { run } from '../testing/run.ts';

test('an authority that cannot be read is told at once, not tried again', async () => {
  const { companion } = await governed();
  const file = path.join(companion.dataDir, '..', 'traces.json');
  await writeFile(file, JSON.stringify(foreignRun()));
  const authority = path.join(companion.dataDir, 'missing.pem');
  vi.stubEnv('AFTERTRACE_CA_FILE', authority);
  const { code, err } = await run('ingest', file, '--data', companion.dataDir);
  expect(err).toContain(`cannot read ${authority} (AFTERTRACE_CA_FILE)`);
  expect(code).toBe(ExitCode.USAGE);
});

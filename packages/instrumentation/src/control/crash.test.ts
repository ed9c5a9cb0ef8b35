import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { expect, onTestFinished, test } from 'vitest';

import { startAgentProcess } from '../testing/agent-process.ts';
import { startControlServer } from '../testing/control-server.ts';

const AGENT = fileURLToPath(new URL('../testing/apps/crashing-agent.ts', import.meta.url));

test('what an agent had to prove when it was killed is proven by the next process on its machine', async () => {
  const spool = await mkdtemp(path.join(tmpdir(), 'aftertrace-crash-'));
  onTestFinished(async () => rm(spool, { recursive: true, force: true }));
  const gone = await startControlServer();
  const { url, token } = gone;
  await gone.close();
  const env = { AFTERTRACE_COMPANION: url, AFTERTRACE_TOKEN: token, AFTERTRACE_SPOOL: spool };
  const agent = spawn(process.execPath, ['--conditions=@aftertrace/source', AGENT], {
    env: { ...env, PATH: process.env['PATH'] },
    stdio: 'ignore',
  });
  expect(await once(agent, 'exit')).toEqual([null, 'SIGKILL']);

  const companion = await startControlServer(Number(new URL(url).port));
  onTestFinished(async () => companion.close());
  const next = await startAgentProcess(env);
  onTestFinished(() => next.link.close());
  await companion.until(() => companion.evidence.length > 0);
  expect(companion.evidence).toEqual([
    expect.objectContaining({
      seq: 0,
      type: 'override',
      data: expect.objectContaining({ reason: 'wrong customer' }) as unknown,
    }),
  ]);
});

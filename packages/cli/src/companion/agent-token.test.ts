import { readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { expect, test } from 'vitest';

import { AGENT_TOKEN_FILE, agentToken } from './agent-token.ts';
import { runningCompanion } from './testing/running.ts';

test('is made once, of role agent, and kept for its user only', async () => {
  const { companion, dataDir, get } = await runningCompanion();
  const secret = await agentToken(companion.control, dataDir);
  expect(await agentToken(companion.control, dataDir)).toBe(secret);
  expect(companion.control.tokens().filter(({ role }) => role === 'agent')).toMatchObject([
    { state: 'valid' },
  ]);
  const { mode } = await stat(path.join(dataDir, AGENT_TOKEN_FILE));
  expect((mode & 0o777).toString(8)).toBe('600');
  expect((await get('/control/v1/containments', secret)).status).toBe(403);
  expect((await get('/control/v1/state', secret)).status).toBe(200);
});

test('is made anew where it was revoked, or its file is none', async () => {
  const { companion, dataDir } = await runningCompanion();
  const first = await agentToken(companion.control, dataDir);
  const token = companion.control.tokens().find(({ role }) => role === 'agent');
  const actor = { kind: 'human', id: 'ana@example.com', assurance: 'token' } as const;
  await companion.control.revokeToken({ id: token?.id ?? '', actor, reason: 'seen elsewhere' });
  const second = await agentToken(companion.control, dataDir);
  expect(second).not.toBe(first);
  const file = path.join(dataDir, AGENT_TOKEN_FILE);
  await writeFile(file, (await readFile(file, 'utf8')).slice(0, 20));
  expect(await agentToken(companion.control, dataDir)).not.toBe(second);
});

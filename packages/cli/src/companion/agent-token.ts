import { readFile } from 'node:fs/promises';
import path from 'node:path';

import { replaceFile, type ControlPlane } from '@aftertrace/control';
import type { Actor } from '@aftertrace/schema';
import { z } from 'zod';

import { CommandError } from '../exit-code.ts';

const KeptAgentToken = z.object({ id: z.string(), secret: z.string().min(16) });

const SERVE: Actor = { kind: 'system', id: 'aftertrace/serve', assurance: 'asserted' };
const NAME = 'agents of this user';
const REASON = 'for agents that find this companion by its file';

/** The file in a data directory that has it; mode 0600. */
export const AGENT_TOKEN_FILE = 'agent-token.json';

/**
 * The token of role `agent` that agents of this user find: nothing that holds it can release, answer or publish. Kept, so that
 * agents stay connected when the companion is restarted; revoke it, and the next start makes another one.
 *
 * @throws CommandError where it cannot be made.
 */
export async function agentToken(
  control: Pick<ControlPlane, 'createToken' | 'tokens'>,
  dataDir: string,
): Promise<string> {
  const file = path.join(dataDir, AGENT_TOKEN_FILE);
  const kept = await readKept(file);
  const known = control.tokens().find(({ id }) => id === kept?.id);
  const isValid = known?.state === 'valid' && known.role === 'agent';
  if (kept !== undefined && isValid) return kept.secret;
  const about = { actor: SERVE, reason: REASON };
  const issued = await control.createToken({ ...about, role: 'agent', name: NAME });
  if (!issued.ok) throw new CommandError(issued.error.message);
  const { secret, token } = issued.value;
  await replaceFile(file, `${JSON.stringify({ id: token.id, secret })}\n`);
  return secret;
}

/** None, where the file is not there or damaged: another token is made then. */
async function readKept(file: string): Promise<z.infer<typeof KeptAgentToken> | undefined> {
  try {
    return KeptAgentToken.safeParse(JSON.parse(await readFile(file, 'utf8'))).data;
  } catch {
    return undefined;
  }
}

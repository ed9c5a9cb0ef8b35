import { stat } from 'node:fs/promises';

import type { CompiledPolicy } from '@aftertrace/policy';
import { compileBundle } from '@aftertrace/policy/compile';
import { Containment } from '@aftertrace/schema';
import { ControlPath, Env } from '@aftertrace/schema/names';
import { z } from 'zod';

import { findCompanion, type CompanionAddress } from '../find-companion.ts';
import { companionAsk } from './companion-ask.ts';
import { loadBundle } from '../policy/load-bundle.ts';

/** What is in force for one call. */
export interface Rules {
  readonly policy: CompiledPolicy | undefined;
  readonly containments: readonly Containment[];
  /** Where evidence goes; undefined: nowhere, the rules are a file's. */
  readonly companion: CompanionAddress | undefined;
}

/** Who asks. */
export interface Asker {
  readonly agent: string;
  readonly instance: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Longer than a companion on the same machine ever takes, and short for who waits for a tool. */
const ANSWER_MILLIS = 3_000;

const State = z.object({ policy: z.unknown().optional(), containments: z.array(Containment) });

/**
 * The companion's rules and containments of this moment; without a companion, those of the policy file. Undefined: neither is
 * configured, so that nothing is governed.
 *
 * @throws whatever kept the companion's answer, or the file, from being read.
 */
export async function findRules(asker: Asker): Promise<Rules | undefined> {
  const { env } = asker;
  const companion = await companionOf(env);
  if (companion !== undefined) return askCompanion(companion, asker);
  const file = env[Env.POLICY_FILE];
  if (file === undefined || file === '') return undefined;
  await stat(file);
  const { policy } = await loadBundle(file);
  return { policy, containments: [], companion: undefined };
}

/** As for agents: `none` says that there is none. */
async function companionOf(env: Asker['env']): Promise<CompanionAddress | undefined> {
  if (env[Env.COMPANION] === 'none') return undefined;
  try {
    return await findCompanion({ env });
  } catch (error) {
    if (env[Env.COMPANION] === undefined || env[Env.COMPANION] === '') return undefined;
    throw error;
  }
}

async function askCompanion(
  companion: CompanionAddress,
  { agent, instance, env }: Asker,
): Promise<Rules> {
  const ask = await companionAsk(companion, env);
  const query = new URLSearchParams({ agent, instance });
  const response = await ask(`${companion.console}${ControlPath.STATE}?${query.toString()}`, {
    headers: { authorization: `Bearer ${companion.token}` },
    signal: AbortSignal.timeout(ANSWER_MILLIS),
    redirect: 'error',
  });
  if (!response.ok) throw new Error(`the companion answered ${response.status}`);
  const { policy, containments } = State.parse(await response.json());
  if (policy === undefined || policy === null) {
    return { policy: undefined, containments, companion };
  }
  const compiled = compileBundle(policy);
  if (!compiled.ok) throw new Error('the companion’s policy cannot be read by this version');
  return { policy: compiled.policy, containments, companion };
}

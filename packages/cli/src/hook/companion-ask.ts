import { Env } from '@aftertrace/schema/names';

import type { CompanionAddress } from '../find-companion.ts';

/** How the companion is asked: what TLS of one's own needs is loaded only where it is used, as each call waits for it. */
export async function companionAsk(
  { caFile }: CompanionAddress,
  env: Readonly<Record<string, string | undefined>>,
): Promise<typeof fetch> {
  const files = [caFile, env[Env.CA_FILE], env[Env.CLIENT_CERT_FILE], env[Env.CLIENT_KEY_FILE]];
  if (files.every((file) => file === undefined || file === '')) return fetch;
  const { companionFetch } = await import('../companion-fetch.ts');
  return companionFetch(caFile, env);
}

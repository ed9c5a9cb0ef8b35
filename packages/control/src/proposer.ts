import type { Actor } from '@aftertrace/schema';

/** Who asked. */
export function proposer(agent: string, tokenId: string | undefined): Actor {
  const whose = tokenId === undefined ? {} : { tokenId };
  return { kind: 'agent', id: agent, assurance: 'token', ...whose };
}

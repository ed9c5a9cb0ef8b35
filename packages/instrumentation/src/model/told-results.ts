import { createHash } from 'node:crypto';

import type { AgentIdentity } from '../spans/scope.ts';
import type { DeliveredResult, ToolResult } from './tool-result.ts';

/**
 * What models were told in place of results. The application has the result as it was, and brings it with every later
 * request of the conversation: it is told the same each time.
 */
export interface ToldResults {
  readonly size: number;
  keep(agent: AgentIdentity, result: ToolResult, told: DeliveredResult): void;
  /** What the model was told of this result of this call before. */
  of(agent: AgentIdentity, result: ToolResult): DeliveredResult | undefined;
}

/** Results that are remembered; the oldest gives way. */
const LIMIT = 1000;

/** Characters of them, as JSON. */
const MOST_CHARACTERS = 16_000_000;

export function createToldResults(): ToldResults {
  const known = new Map<string, { readonly told: DeliveredResult; readonly characters: number }>();
  let characters = 0;
  const forget = (key: string): void => {
    characters -= known.get(key)?.characters ?? 0;
    known.delete(key);
  };
  return {
    get size() {
      return known.size;
    },
    keep: (agent, result, told) => {
      const key = keyOf(agent, result);
      forget(key);
      const entry = { told, characters: JSON.stringify(told).length };
      known.set(key, entry);
      characters += entry.characters;
      for (const oldest of known.keys()) {
        if (known.size <= LIMIT && characters <= MOST_CHARACTERS) break;
        if (oldest !== key) forget(oldest);
      }
    },
    of: (agent, result) => (known.size === 0 ? undefined : known.get(keyOf(agent, result))?.told),
  };
}

/** The result itself is no part of it but as a digest. */
function keyOf({ name, tenant }: AgentIdentity, { toolCallId, asked, result }: ToolResult): string {
  const about = [name, tenant, toolCallId, asked?.tool, asked?.arguments, result];
  return createHash('sha256').update(JSON.stringify(about)).digest('base64');
}

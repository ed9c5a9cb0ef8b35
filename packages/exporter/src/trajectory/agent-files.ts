import { trajectoryFileOf } from '@aftertrace/schema';

import { dayOf, OTHER_AGENTS, runFileBase, type ListedFile } from '../files/file-names.ts';
import type { LineFacts } from '../files/line-facts.ts';

/** Which file a line goes into: one an agent, outcome and day, until a day has too many agents. */
export interface AgentFiles {
  /** Forgets what it counted, and counts the files that are there. */
  load(files: readonly ListedFile[]): void;
  /** @param fresh bases of this batch that have no file yet; one more is added to it */
  baseOf(facts: LineFacts, fresh: Set<string>): string;
  /** Takes back those of a batch that got no file after all. */
  forget(fresh: ReadonlySet<string>): void;
}

/** How files are shared out. */
export interface AgentFilesOptions {
  /** Further agents of a day share a file. */
  readonly maxAgentsPerDay: number;
  /** Whether lines of a base have a file already. */
  readonly has: (base: string) => boolean;
}

/** Counts agents with files of their own, by outcome and day. */
export function createAgentFiles({ maxAgentsPerDay, has }: AgentFilesOptions): AgentFiles {
  const agents = new Map<string, number>();
  const count = (base: string, change: number): void => {
    const [, kind = '', stem = ''] = base.split('/');
    const key = `${kind}/${stem.slice(0, 10)}`;
    agents.set(key, (agents.get(key) ?? 0) + change);
  };
  return {
    load(files) {
      agents.clear();
      for (const base of new Set(files.map((file) => file.base))) count(base, 1);
    },
    baseOf({ outcome, agent, endTimeUnixNano }, fresh) {
      const kind = trajectoryFileOf(outcome);
      const day = dayOf(endTimeUnixNano);
      const base = runFileBase(kind, day, agent);
      if (has(base) || fresh.has(base)) return base;
      if ((agents.get(`${kind}/${day}`) ?? 0) >= maxAgentsPerDay)
        return runFileBase(kind, day, OTHER_AGENTS);
      fresh.add(base);
      count(base, 1);
      return base;
    },
    forget(fresh) {
      for (const base of fresh) if (!has(base)) count(base, -1);
    },
  };
}

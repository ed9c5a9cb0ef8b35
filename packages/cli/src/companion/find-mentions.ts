import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';

import { z } from 'zod';

import type { Subject } from './data-requests.ts';

/** A record that an erasure leaves as it is, since it is no recording of a run. */
export const Mention = z.object({
  /** Relative to the data directory. */
  file: z.string(),
  /** Lines in which the subject's id stands. */
  lines: z.int(),
  /** Why it stays, and what to do where it must not. */
  why: z.string(),
});
export type Mention = z.infer<typeof Mention>;

/** Records beside the trajectories, by how their paths begin. */
const KINDS: readonly (readonly [start: string, why: string])[] = [
  [
    'audit.jsonl',
    'the audit log is a hash chain of decisions, overrides and containments: taking an entry out breaks the proof of all others; it holds names and digests, no recorded content; what people wrote stands in it only as the reasons of orders about data, holds and tokens, and in entries of before it was kept encrypted',
  ],
  [
    'incidents',
    'evidence of incidents: what failed, where and who decided; it holds names and ids, no recorded content; it goes by the retention of incidents',
  ],
  [
    'details/',
    'arguments of a call that waited for an approval, from before such values were encrypted: delete the file to destroy them, its digest stays in the audit log',
  ],
  [
    'reviews/',
    'a signed-off document; edit or delete it, and make it anew with "aftertrace review"',
  ],
  ['outbox/', 'a notice on its way; it goes when it is delivered'],
  [
    'conversations/pending.jsonl',
    'a note that a conversation is to be written; it goes with the next one',
  ],
];

/** Looks for a subject in what is no trajectory. Reads every such file once. */
export async function findMentions(dataDir: string, subject: Subject): Promise<readonly Mention[]> {
  const names = await readdir(dataDir, { recursive: true }).catch(() => []);
  const found: Mention[] = [];
  for (const name of names.map((entry) => entry.replaceAll('\\', '/')).toSorted()) {
    const why = KINDS.find(([start]) => name.startsWith(start))?.[1];
    if (why === undefined || !/\.(?:jsonl|json|md|html)$/.test(name)) continue;
    const lines = await linesNaming(path.join(dataDir, name), subject.id);
    if (lines > 0) found.push({ file: name, lines, why });
  }
  return found;
}

async function linesNaming(file: string, id: string): Promise<number> {
  // In JSON as a whole value or a part of one; in documents as it is.
  const words = [id, JSON.stringify(id).slice(1, -1)];
  let count = 0;
  const input = createReadStream(file, 'utf8');
  try {
    for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY }))
      if (words.some((word) => line.includes(word))) count += 1;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  return count;
}

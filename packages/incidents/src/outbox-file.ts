import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { z } from 'zod';

import { openAppendFile, type AppendFile } from './append-file.ts';
import type { Notice } from './notice.ts';
import { readWholeLines } from './read-lines.ts';

/** Lines of an outbox file. `key` is the notice's. */
const OutboxLine = z.discriminatedUnion('t', [
  /** First line: what happened before is not told to a destination that did not exist yet. */
  z.object({ t: z.literal('created'), at: z.string() }),
  z.object({
    t: z.literal('queued'),
    notice: z.custom<Notice>((value) => isNotice(value)),
    attempts: z.int().nonnegative().default(0),
    /** Milliseconds since the epoch. */
    nextAt: z.number().default(0),
  }),
  z.object({ t: z.literal('attempt'), key: z.string(), attempts: z.int(), nextAt: z.number() }),
  z.object({ t: z.literal('done'), key: z.string() }),
  /** Switched off by a 410, for as long as the target is this one. */
  z.object({ t: z.literal('disabled'), target: z.string() }),
]);
type OutboxLine = z.infer<typeof OutboxLine>;

function isNotice(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    'key' in value &&
    typeof value.key === 'string' &&
    'incident' in value &&
    typeof value.incident === 'string' &&
    'seq' in value &&
    typeof value.seq === 'number'
  );
}

/** A notice that has not been delivered, and when its turn comes. */
export interface PendingNotice {
  readonly notice: Notice;
  attempts: number;
  /** Not before this time, in milliseconds since the epoch. */
  nextAt: number;
}

/** An outbox as it is on disk after opening: compacted to what is still to do. */
export interface OpenedOutboxFile {
  readonly file: AppendFile;
  readonly deadLetters: AppendFile;
  readonly createdAt: string;
  readonly disabled: boolean;
  readonly pending: readonly PendingNotice[];
}

function parse(text: string): OutboxLine | undefined {
  try {
    return OutboxLine.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

function foldLines(lines: readonly string[], target: string) {
  const pending = new Map<string, PendingNotice>();
  let createdAt: string | undefined;
  let disabled = false;
  for (const line of lines.map(parse)) {
    switch (line?.t) {
      case 'created':
        createdAt ??= line.at;
        break;
      case 'queued': {
        const { notice, attempts, nextAt } = line;
        pending.set(notice.key, { notice, attempts, nextAt });
        break;
      }
      case 'attempt': {
        const found = pending.get(line.key);
        if (found !== undefined)
          Object.assign(found, { attempts: line.attempts, nextAt: line.nextAt });
        break;
      }
      case 'done':
        pending.delete(line.key);
        break;
      case 'disabled':
        disabled = line.target === target;
        break;
      case undefined:
        break;
    }
  }
  return { pending: [...pending.values()], createdAt, disabled };
}

/** Opens `outbox/<name>.jsonl` (and its dead letters), rewriting it to what is still to be sent. */
export async function openOutboxFile(options: {
  readonly directory: string;
  readonly name: string;
  readonly target: string;
  readonly now: () => number;
}): Promise<OpenedOutboxFile> {
  const path = join(options.directory, `${options.name}.jsonl`);
  const deadPath = join(options.directory, `${options.name}.dead.jsonl`);
  const { lines } = await readWholeLines(path);
  const state = foldLines(lines, options.target);
  const createdAt = state.createdAt ?? new Date(options.now()).toISOString();
  const kept: OutboxLine[] = [{ t: 'created', at: createdAt }];
  if (state.disabled) kept.push({ t: 'disabled', target: options.target });
  for (const entry of state.pending) kept.push({ t: 'queued', ...entry });
  const text = kept.map((line) => `${JSON.stringify(line)}\n`).join('');
  await writeFile(`${path}.new`, text, { mode: 0o600, flush: true });
  await rename(`${path}.new`, path);
  const dead = await readWholeLines(deadPath);
  return {
    file: await openAppendFile(path, Buffer.byteLength(text)),
    deadLetters: await openAppendFile(deadPath, dead.wholeBytes),
    createdAt,
    disabled: state.disabled,
    pending: state.pending,
  };
}

import { Timestamp } from '@aftertrace/schema';
import { z } from 'zod';

/** Who owns a data directory, and where to reach it. Content of the file `lock`, private to its user. */
export const LockInfo = z.object({
  v: z.literal(1),
  /** Process id of the owner. */
  pid: z.int().positive(),
  /** Tells the owner from a later process with the same id, where the system can. */
  processStart: z.string().optional(),
  /** When the owner opened the directory. */
  startedAt: Timestamp,
  /** Base URL that takes OTLP/HTTP, once it listens. */
  otlp: z.url().optional(),
  /** Base URL of the console and control plane, once it listens. */
  console: z.url().optional(),
  /** PEM file that the certificate of these is checked against, where it is not a well-known one. */
  caFile: z.string().optional(),
  /** Bearer token for `console`. */
  token: z.string().optional(),
});
export type LockInfo = z.infer<typeof LockInfo>;

/** The content of a lock file, or `undefined` for a text that is none. */
export function parseLockInfo(text: string): LockInfo | undefined {
  try {
    return LockInfo.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

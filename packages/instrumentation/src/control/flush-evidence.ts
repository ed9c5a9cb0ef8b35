import { runtime } from '../runtime.ts';

/**
 * Hands the companion what has not been sent, keeping the process alive for it. Never rejects; gives up when the companion
 * does not answer within a second. The end of a process calls it by itself; call it before `process.exit()`.
 */
export function flushEvidence(): Promise<void> {
  return runtime().link.drain();
}

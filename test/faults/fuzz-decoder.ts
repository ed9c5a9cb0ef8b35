import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

import type { Outcome } from './outcome.ts';

/** Bodies here are of half a megabyte at most: what takes longer is too slow. */
export const MAX_DECODE_MILLIS = 2_000;
/** What takes longer than this never ends. */
const MAX_ENDLESS_MILLIS = 10_000;
const MAX_BODY_BYTES = 4 * 1024 * 1024;

export interface FuzzOptions {
  readonly seconds: number;
  readonly seed: number;
}

/** What the fuzzing thread is given. */
export interface FuzzOrder extends FuzzOptions {
  /** What it reads now: its length in four bytes, then itself. */
  readonly current: Uint8Array;
  /** Goes up by one when it begins to read something and when it ends: odd while it reads. */
  readonly beat: Int32Array;
}

/** What the fuzzing thread did. */
export interface FuzzCounts {
  wire: number;
  json: number;
  broken: number;
  refused: number;
  slowestMillis: number;
}

/**
 * Valid requests, written by protobufjs, bent so that they stay valid (fields in another order, unknown fields, other
 * spellings of lengths, numbers, ids and enums), in protobuf and in JSON, spans and log records: ours must read what
 * protobufjs reads. And broken in every way: ours must say so, and live. In a thread of its own, so that what never ends
 * is told, with what was being read.
 */
export async function fuzzDecoder({ seconds, seed }: FuzzOptions): Promise<Outcome> {
  const order: FuzzOrder = {
    seconds,
    seed,
    current: new Uint8Array(new SharedArrayBuffer(4 + MAX_BODY_BYTES)),
    beat: new Int32Array(new SharedArrayBuffer(4)),
  };
  const worker = new Worker(new URL('./fuzz-worker.ts', import.meta.url), { workerData: order });
  const hung = watch(order, worker);
  const ended = once(worker, 'message') as Promise<
    [{ readonly problems: readonly string[]; readonly counts: FuzzCounts }]
  >;
  const [result] = await Promise.race([ended, hung.problem.then((problem) => [problem] as const)]);
  hung.stop();
  await worker.terminate();
  const again = `seed ${seed} (again: --seed ${seed} --seconds ${seconds})`;
  if (typeof result === 'string') return { problems: [result], facts: [again] };
  const { wire, json, broken, refused, slowestMillis } = result.counts;
  return {
    problems: result.problems,
    facts: [
      again,
      `${wire} valid requests in protobuf and ${json} in JSON as protobufjs reads them, spans and logs`,
      `${broken} broken ones, ${refused} refused, slowest ${slowestMillis.toFixed(1)} ms`,
    ],
  };
}

/** Looks whether it goes on. */
function watch(
  { beat, current }: FuzzOrder,
  worker: Worker,
): { readonly problem: Promise<string>; readonly stop: () => void } {
  let stop = (): void => undefined;
  const problem = new Promise<string>((resolve, reject) => {
    let last = -1;
    const timer = setInterval(() => {
      const now = Atomics.load(beat, 0);
      if (now === last && now % 2 === 1)
        resolve(`does not end within ${MAX_ENDLESS_MILLIS} ms: ${bodyOf(current)}`);
      last = now;
    }, MAX_ENDLESS_MILLIS);
    worker.on('error', reject);
    stop = () => clearInterval(timer);
  });
  return { problem, stop };
}

function bodyOf(current: Uint8Array): string {
  const copy = Buffer.from(current);
  return copy.subarray(4, 4 + copy.readUInt32BE(0)).toString('base64');
}

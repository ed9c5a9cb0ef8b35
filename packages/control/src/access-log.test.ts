import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { createAccessLog } from './access-log.ts';
import type { ControlCore } from './control-core.ts';
import { createFakeClock, type FakeClock } from './testing/fake-clock.ts';

interface Entry {
  readonly cause: string;
  readonly suppressed: number;
}

interface Started {
  readonly clock: FakeClock;
  readonly entries: readonly Entry[];
  readonly log: ReturnType<typeof createAccessLog>;
  readonly disk: { isFull: boolean };
}

function start(): Started {
  const clock = createFakeClock();
  const entries: Entry[] = [];
  const disk = { isFull: false };
  const core = {
    now: clock.now,
    log: () => undefined,
    queue: { run: async (_key: string, work: () => Promise<unknown>) => work() },
    record: async (_type: string, data: Entry) => {
      if (disk.isFull) throw new Error('ENOSPC');
      entries.push(data);
    },
  } as unknown as ControlCore;
  return { clock, entries, disk, log: createAccessLog(core, clock.timers) };
}

const refusal = (cause: string, remote: string) => ({ cause, remote, method: 'GET', path: '/' });
const told = (entries: readonly Entry[]): number =>
  entries.reduce((sum, { suppressed }) => sum + 1 + suppressed, 0);

test('whatever is refused, nothing is lost and the log stays within its budget', async () => {
  const step = fc.oneof(
    fc.record({
      causes: fc.array(fc.constantFrom('unauthorized', 'forbidden_role', 'rate_limited'), {
        maxLength: 40,
      }),
      remote: fc.integer({ min: 0, max: 400 }),
    }),
    fc.integer({ min: 1, max: 700_000 }),
    fc.constantFrom('full', 'repaired'),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const { clock, entries, disk, log } = start();
      const from = clock.now();
      let count = 0;
      for (const what of steps) {
        if (typeof what === 'number') clock.advance(what);
        else if (typeof what === 'string') disk.isFull = what === 'full';
        else {
          for (const cause of what.causes) {
            await log.refused(refusal(cause, `10.0.0.${what.remote}`));
            count += 1;
          }
        }
        expect(told(entries)).toBeLessThanOrEqual(count);
      }
      disk.isFull = false;
      const seconds = (clock.now() - from) / 1000;
      // Failed attempts take from the budget too: never more than it allows.
      expect(entries.length).toBeLessThanOrEqual(60 + seconds / 10);
      // Time enough for every kind to be written once more.
      for (let n = 0; n < 20; n += 1) {
        clock.advance(600_000);
        await log.flush();
      }
      expect(told(entries)).toBe(count);
    }),
    { numRuns: 60 },
  );
});

test('a flood of one kind hides no other', async () => {
  const { entries, log } = start();
  for (let n = 0; n < 10_000; n += 1) await log.refused(refusal('unauthorized', '10.0.0.1'));
  await log.refused({ ...refusal('forbidden_role', '10.0.0.1'), tokenId: 'tok_1' });
  expect(entries).toMatchObject([
    { cause: 'unauthorized' },
    { cause: 'forbidden_role', tokenId: 'tok_1' },
  ]);
});

test('a flood that never ends makes ever fewer entries, and its count is exact', async () => {
  const { clock, entries, log } = start();
  const hours = 24;
  for (let n = 0; n < hours * 3600; n += 1) {
    await log.refused(refusal('unauthorized', '10.0.0.1'));
    clock.advance(1_000);
  }
  await log.flush();
  expect(entries.length).toBeLessThan(160);
  expect(told(entries)).toBe(hours * 3600);
});

test('a flood from everywhere stays within the budget of all kinds', async () => {
  const { clock, entries, log } = start();
  for (let n = 0; n < 50_000; n += 1) {
    await log.refused(refusal('unauthorized', `2001:db8::${n}`));
    if (n % 10 === 0) clock.advance(100);
  }
  expect(entries.length).toBeLessThanOrEqual(60 + 500 / 10);
});

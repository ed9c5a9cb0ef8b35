import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createIncidents, type Incidents } from '../incidents.ts';
import type { IncidentsOptions } from '../incidents-options.ts';
import { createManualClock, type ManualClock } from './manual-clock.ts';

/** A directory that is gone when the test is. */
export async function temporaryDirectory(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'aftertrace-incidents-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

export interface TestIncidents extends AsyncDisposable {
  readonly incidents: Incidents;
  readonly clock: ManualClock;
  /** Lines logged. */
  readonly logged: string[];
}

let ids = 0;

/** Started incidents over a directory, with a clock moved by hand. */
export async function incidentsIn(
  dataDir: string,
  options: Partial<IncidentsOptions> & { readonly clock?: ManualClock } = {},
): Promise<TestIncidents> {
  const { clock = createManualClock(), ...rest } = options;
  const logged: string[] = [];
  const incidents = createIncidents({
    dataDir,
    now: clock.now,
    schedule: clock.schedule,
    random: () => 0.5,
    randomId: () => {
      ids += 1;
      return `t${ids}`;
    },
    destinations: [],
    log: (level, message) => logged.push(`${level} ${message}`),
    ...rest,
  });
  await incidents.start();
  return { incidents, clock, logged, [Symbol.asyncDispose]: () => incidents.shutdown() };
}

import type { Row } from '../row.ts';
import {
  loadOn,
  OPEN_RUNS,
  pinnedCores,
  runTrial,
  type BenchSetting,
  type Trial,
} from './bench-setting.ts';
import { cpuMillisOf, residentMemoryOf, restOf } from './process-usage.ts';
import type { RunningServer } from './servers.ts';
import { closedPlan, companionWith } from './throughput.ts';

const GIB = 2 ** 30;
const BAR_BYTES_GIB = 1.5;
/** Of the rate with few open runs so much must be left. */
const BAR_SHARE = 0.8;
const SPANS_PER_RUN = 25;
const REST_MILLIS = 60 * 60_000;
const DISK_MILLIS = 20_000;

/**
 * Many runs open at once, each with all its spans but the last: what memory they take, and what is left of the rate
 * while they go on. The limits of the assembly are set above what is sent, so that nothing is told early.
 */
export async function memory(setting: BenchSetting): Promise<readonly Row[]> {
  const { runs, seconds } = setting.plan;
  const cores = pinnedCores(setting);
  const start = companionWith(`companion, ${runs} open runs`, {
    content: 'redacted',
    assembly: { maxOpenGroups: runs * 2, maxOpenBytes: 2 ** 40 },
  });
  setting.note(`memory: first the rate with ${OPEN_RUNS} open runs`);
  const few: Trial = { start, cores, plan: closedPlan(seconds), complete: true };
  const usual = await runTrial(setting, few);
  setting.note(`memory: ${runs} open runs`);
  const server = await start(setting, cores);
  const load = await loadOn(setting, server, { openRuns: runs, cores });
  try {
    // Half of it leaves the runs at all steps, as they are when each that ends is followed by another.
    const half = await load.run({
      kind: 'closed',
      seconds: 3600,
      spans: (runs * SPANS_PER_RUN) / 2,
    });
    await restOf(server.pid, { waitsMillis: server.waitsMillis, mostMillis: REST_MILLIS });
    const before = cpuMillisOf(server.pid);
    const busy = await load.run({ kind: 'closed', seconds });
    const { cpuMillis } = await restOf(server.pid, {
      waitsMillis: server.waitsMillis,
      mostMillis: REST_MILLIS,
    });
    const rate = (busy.spans * 1000) / (cpuMillis - before);
    const held = await load.run({ kind: 'hold' });
    const full = residentMemoryOf(server.pid);
    setting.note(
      `  ${(full.nowBytes / GIB).toFixed(2)} GiB, ${Math.round(rate)} spans/s of CPU; now all runs end`,
    );
    const last = await load.run({ kind: 'finish' });
    const { waitsMillis } = server;
    // It reads gigabytes back: a busy disk may keep it waiting for seconds.
    await restOf(server.pid, { waitsMillis, mostMillis: REST_MILLIS, quietMillis: DISK_MILLIS });
    const sent = half.spans + busy.spans + held.spans + last.spans;
    return [
      ...(await rowsOf(server, { runs, usual: usual.spansPerCpuSecond, rate, sent })),
      {
        metric: `${runs} open runs: resident memory`,
        value: full.nowBytes / GIB,
        unit: 'GiB',
        bar: { atMost: BAR_BYTES_GIB },
      },
      {
        metric: `${runs} open runs: highest until then`,
        value: full.peakBytes / GIB,
        unit: 'GiB',
        bar: { atMost: BAR_BYTES_GIB },
      },
    ];
  } finally {
    await load.stop();
    await server.stop();
    await server.remove();
  }
}

interface Measured {
  readonly runs: number;
  readonly usual: number;
  readonly rate: number;
  readonly sent: number;
}

async function rowsOf(server: RunningServer, measured: Measured): Promise<readonly Row[]> {
  const { runs, usual, rate, sent } = measured;
  const { spans } = await server.output();
  return [
    { metric: `${OPEN_RUNS} open runs: rate, of CPU`, value: usual, unit: 'spans/s' },
    { metric: `${runs} open runs: rate, of CPU`, value: rate, unit: 'spans/s' },
    {
      metric: `${runs} open runs: rate / rate with few`,
      value: rate / usual,
      unit: 'x',
      bar: { atLeast: BAR_SHARE },
    },
    {
      metric: `${runs} open runs: missing`,
      value: sent - spans,
      unit: 'spans',
      bar: { atMost: 0 },
    },
  ];
}

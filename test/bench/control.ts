import type { ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import {
  createControlClient,
  type ControlClient,
  type ControlResult,
} from '../../packages/control/src/index.ts';
import { countOf } from './arguments.ts';
import { ended, nextMessage, startChild } from './companion/child.ts';
import type { AgentsReport, AgentsSetup } from './control/agents-process.ts';
import type { Listening, Memory } from './control/companion-process.ts';
import { clock } from './control/clock.ts';
import type { BenchContext, Row } from './row.ts';

const STREAMS = 1_000;
const PROCESSES = 20;
const CALLS = 4;
const KILLS = 20;
const PUBLISHES = 10;
const TOKEN = 'a-token-of-the-benchmark-only';
const BY = { actor: { id: 'bench@example.com' }, reason: 'measured' };
const WAIT_MILLIS = 60_000;
/** Longer than the companion's heartbeat: what a stream costs while nothing happens. */
const IDLE_MILLIS = 12_000;
const FLAGS = ['--conditions=@aftertrace/source', '--no-warnings'];

/**
 * How long an order takes to be in force over many control streams: a whole companion and the agents' own control links,
 * on loopback. Arguments: `--streams N`, `--processes N`, `--kills N`.
 */
export async function control({ args, note }: BenchContext): Promise<readonly Row[]> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      streams: { type: 'string', default: String(STREAMS) },
      processes: { type: 'string', default: String(PROCESSES) },
      kills: { type: 'string', default: String(KILLS) },
    },
  });
  const streams = countOf('streams', values.streams);
  const processes = countOf('processes', values.processes);
  const kills = countOf('kills', values.kills);
  const dir = await mkdtemp(join(tmpdir(), 'aftertrace-bench-control-'));
  const companion = start('companion-process.ts', [join(dir, 'data'), TOKEN]);
  const agents: ChildProcess[] = [];
  try {
    const { url } = await nextMessage<Listening>(companion);
    const world: World = {
      url,
      companion,
      agents,
      client: createControlClient({ url, token: TOKEN }),
    };
    note(`load of the machine before: ${loadavg()[0]?.toFixed(2) ?? '?'}`);
    const empty = await ask<Memory>(companion, 'memory');
    const each = Math.floor(streams / processes);
    for (let index = 0; index < processes; index += 1) {
      const setup: AgentsSetup = {
        url,
        token: TOKEN,
        name: `p${index}`,
        home: dir,
        links: each,
        calls: CALLS,
      };
      agents.push(start('agents-process.ts', [JSON.stringify(setup)]));
    }
    await Promise.all(agents.map(async (agent) => nextMessage(agent)));
    await untilConnected(world, each * processes);
    await delay(IDLE_MILLIS);
    const idle = await ask<Memory>(companion, 'memory');
    note(
      `${each * processes} streams from ${processes} processes; ${kills} kills, ${PUBLISHES} publications`,
    );
    const perStream = (what: keyof Memory): number =>
      (idle[what] - empty[what]) / (each * processes) / 1024;
    return [
      ...(await measureKills(world, kills)),
      ...(await measurePublications(world)),
      {
        metric: 'heap per idle stream',
        value: perStream('heap'),
        unit: 'KiB',
        bar: { atMost: 20 },
      },
      { metric: 'resident memory per idle stream', value: perStream('resident'), unit: 'KiB' },
    ];
  } finally {
    for (const child of [...agents, companion]) if (child.connected) child.send('stop');
    await Promise.all([...agents, companion].map((child) => ended(child, 15_000)));
    await rm(dir, { recursive: true, force: true });
  }
}

interface World {
  readonly url: string;
  readonly companion: ChildProcess;
  readonly agents: readonly ChildProcess[];
  readonly client: ControlClient;
}

async function measureKills({ agents, client }: World, rounds: number): Promise<readonly Row[]> {
  const inForce: number[] = [];
  const proven: number[] = [];
  const aborts: number[] = [];
  const abortedSince: number[] = [];
  await reports(agents);
  for (let round = 0; round < rounds; round += 1) {
    const from = clock();
    const kill = { kind: 'kill', scope: { agent: 'bench' }, ...BY } as const;
    const { containment } = valueOf(await client.contain(kill));
    const { state } = valueOf(
      await client.waitEffective(containment.id, { timeoutMillis: WAIT_MILLIS }),
    );
    proven.push(clock() - from);
    if (state !== 'effective') throw new Error(`a kill is ${state}`);
    for (const report of await reports(agents)) {
      inForce.push(...report.inForce.map((at) => at - from));
      aborts.push(...report.aborts);
      abortedSince.push(...report.abortedAt.map((at) => at - from));
    }
    valueOf(await client.release(containment.id, BY));
    await untilQuiet(client);
  }
  return [
    millis('kill: ordered to in force, of all streams, p50', quantile(inForce, 0.5)),
    millis('kill: ordered to in force, of all streams, p99', quantile(inForce, 0.99), 250),
    millis('kill: ordered to proven by every stream and sealed, median', quantile(proven, 0.5)),
    millis('kill: ordered to proven by every stream and sealed, worst', quantile(proven, 1)),
    millis('call under way: containment in force to aborted, p99', quantile(aborts, 0.99), 50),
    millis('call under way: ordered to aborted, p99', quantile(abortedSince, 0.99), 250),
  ];
}

async function measurePublications({ client }: World): Promise<readonly Row[]> {
  const inForce: number[] = [];
  const proven: number[] = [];
  // The first one makes the agents load the compiler of bundles: told apart.
  for (let round = 0; round <= PUBLISHES; round += 1) {
    const from = clock();
    const at = Date.now();
    const rule = { id: `r${round}`, match: { tool: 'drop' }, verdict: 'block', mode: 'enforce' };
    const { bundle } = valueOf(await client.publishPolicy({ name: 'bench', rules: [rule], ...BY }));
    for (;;) {
      const instances = valueOf(await client.instances());
      const late = instances.filter(({ policyRevision = -1 }) => policyRevision < bundle.revision);
      if (late.length === 0) {
        proven.push(clock() - from);
        inForce.push(...instances.map(({ inForceSince = '' }) => Date.parse(inForceSince) - at));
        break;
      }
      if (clock() - from > WAIT_MILLIS) throw new Error(`${late.length} have not taken the policy`);
      await delay(25);
    }
    await untilQuiet(client);
  }
  const [first = 0, ...next] = proven;
  const ofTheFirst = inForce.length / proven.length;
  const ready = inForce.slice(ofTheFirst);
  return [
    millis(
      'first publication: to in force, of all streams, p99',
      quantile(inForce.slice(0, ofTheFirst), 0.99),
      250,
    ),
    millis('first publication: to proven by every stream, the compiler loaded', first),
    millis('publish: to in force, of all streams, p50', quantile(ready, 0.5)),
    millis('publish: to in force, of all streams, p99', quantile(ready, 0.99), 250),
    millis('publish: to proven by every stream (asked every 25 ms), worst', quantile(next, 1)),
  ];
}

async function untilConnected({ client }: World, count: number): Promise<void> {
  const deadline = clock() + WAIT_MILLIS;
  for (;;) {
    const known = valueOf(await client.instances());
    const ready = known.filter(
      ({ connected, acknowledged }) => connected && acknowledged !== undefined,
    );
    if (ready.length >= count) return;
    if (clock() > deadline) throw new Error(`${ready.length} of ${count} streams came`);
    await delay(100);
  }
}

/** Every order is measured from rest: all processes have acknowledged the one before. */
async function untilQuiet(client: ControlClient): Promise<void> {
  const deadline = clock() + WAIT_MILLIS;
  for (;;) {
    await delay(200);
    const revisions = valueOf(await client.instances()).map(({ acknowledged }) => acknowledged);
    if (new Set(revisions).size === 1) return;
    if (clock() > deadline) throw new Error('not all processes have acknowledged');
  }
}

function start(file: string, args: readonly string[]): ChildProcess {
  const program = fileURLToPath(new URL(`control/${file}`, import.meta.url));
  const command = [process.execPath, ...FLAGS, program, ...args];
  return startChild(command, { core: undefined, messages: true });
}

async function ask<Answer>(child: ChildProcess, what: string): Promise<Answer> {
  const answer = nextMessage<Answer>(child);
  child.send(what);
  return answer;
}

async function reports(agents: readonly ChildProcess[]): Promise<readonly AgentsReport[]> {
  return Promise.all(agents.map(async (agent) => ask<AgentsReport>(agent, 'report')));
}

function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const value = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
  if (value === undefined) throw new Error('nothing was measured');
  return value;
}

function millis(metric: string, value: number, atMost?: number): Row {
  return { metric, value, unit: 'ms', ...(atMost === undefined ? {} : { bar: { atMost } }) };
}

function valueOf<T>(result: ControlResult<T>): T {
  if (!result.ok) throw new Error(`${result.error.code}: ${result.error.message}`);
  return result.value;
}

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { checkDataDir } from '../../packages/exporter/src/index.ts';
import { checkHermesLines, problemsOf, settledLines, type LineCheck } from './check-lines.ts';
import { startCompanion, type Companion } from './companion.ts';
import { startSteadySender, type SteadySender } from './sender.ts';

const SENDERS = 4;
const PAUSE_MILLIS = 15;
/** One point in five lies in the start and the replay, the others behind them. */
const SHARE_IN_START = 0.2;
const LIFE_MILLIS = 700;
/** A start that nothing disturbs, on this machine, is measured first; kills fall up to so much later. */
const START_MARGIN = 1.3;
const SETTLE_MILLIS = 60_000;

/**
 * Runs are written soon after they end and looked for often: with the default grace, no companion would live long enough
 * for a kill to meet a line on its way, and no segment of the journal would ever be let go of.
 */
const WRITE_EARLY = ['assembly.graceMillis=60', 'checkIntervalMillis=20'];

/** How the companions of a lane keep their files. */
export interface LaneForm {
  readonly name: string;
  /** Settings of the configuration, `field=value`. */
  readonly settings: readonly string[];
  /** Directories below the data directory in which every run must stand; the data directory itself is empty text. */
  readonly lines: readonly string[];
  /** The same for lines in hermes-agent's form. */
  readonly hermes: readonly string[];
}

export interface LaneOptions {
  /** Letters and digits: its senders have names of their own. */
  readonly name: string;
  readonly form: LaneForm;
  readonly points: number;
  readonly random: () => number;
  readonly onPoint: () => void;
}

/** What the kills of one data directory came to. */
export interface LaneResult {
  readonly problems: readonly string[];
  readonly kills: number;
  readonly beforeListening: number;
  readonly acknowledged: number;
  readonly unanswered: number;
  readonly lines: number;
  /** Of the companions that came so far, until they listened. */
  readonly startMillis: readonly number[];
  readonly settleMillis: number;
}

/** `kill -9` again and again of companions of one data directory, while telemetry comes in; then its lines are checked. */
export async function killLane(options: LaneOptions): Promise<LaneResult> {
  const { name, form, points, random, onPoint } = options;
  const dataDir = mkdtempSync(path.join(tmpdir(), 'aftertrace-kill-'));
  let otlp: string | undefined;
  const flags = [...WRITE_EARLY, ...form.settings].flatMap((setting) => ['--set', setting]);
  const start = (): Companion => startCompanion({ dataDir, flags });
  const usualMillis = await warmUp(start);
  const senders = Array.from({ length: SENDERS }, (_, index) =>
    startSteadySender({
      name: `${name}s${index}`,
      otlp: () => otlp,
      pauseMillis: PAUSE_MILLIS,
    }),
  );
  const startMillis: number[] = [];
  let beforeListening = 0;
  const started = (): { readonly companion: Companion; readonly listens: Promise<boolean> } => {
    const began = performance.now();
    const companion = start();
    const listens = companion.otlp.then(
      (url) => {
        otlp = url;
        startMillis.push(performance.now() - began);
        return true;
      },
      () => false,
    );
    return { companion, listens };
  };
  for (let point = 0; point < points; point += 1) {
    const { companion, listens } = started();
    if (random() < SHARE_IN_START) await delay(random() * usualMillis * START_MARGIN);
    else if (await listens) await delay(random() * LIFE_MILLIS);
    if (!companion.isRunning()) {
      for (const sender of senders) sender.abandon();
      const problem = `point ${point}: it ended by itself:\n${companion.output()}`;
      return { ...NOTHING, problems: [problem, `left for inspection: ${dataDir}`], kills: point };
    }
    companion.signal('SIGKILL');
    await companion.exited;
    if (!(await listens)) beforeListening += 1;
    otlp = undefined;
    onPoint();
  }
  const { companion: last } = started();
  const { acknowledged, unanswered } = await stopped(senders);
  const began = performance.now();
  const checks: LineCheck[] = [];
  for (const below of form.lines)
    checks.push(await settledLines(path.join(dataDir, below), acknowledged, SETTLE_MILLIS));
  for (const below of form.hermes)
    checks.push(checkHermesLines(path.join(dataDir, below), acknowledged));
  const settleMillis = performance.now() - began;
  last.signal('SIGTERM');
  await last.exited;
  const problems = [...checks.flatMap(problemsOf), ...(await unsound(dataDir))];
  if (acknowledged.size === 0) problems.push('nothing was acknowledged: the test shows nothing');
  if (problems.length > 0) problems.push(`left for inspection: ${dataDir}`);
  else rmSync(dataDir, { recursive: true });
  rmSync(`${dataDir}.state`, { recursive: true, force: true });
  return {
    problems: problems.map((problem) => `${form.name}: ${problem}`),
    kills: points,
    beforeListening,
    acknowledged: acknowledged.size,
    unanswered,
    lines: checks.reduce((sum, { lines }) => sum + lines, 0),
    startMillis,
    settleMillis,
  };
}

const NOTHING = {
  beforeListening: 0,
  acknowledged: 0,
  unanswered: 0,
  lines: 0,
  startMillis: [],
  settleMillis: 0,
} satisfies Partial<LaneResult>;

/**
 * A companion that ends in order leaves its compiled code in the cache, which a killed one never does: without it every
 * start compiles all sources anew. How long the next one takes to listen is what a start takes here.
 */
async function warmUp(start: () => Companion): Promise<number> {
  let millis = 0;
  for (let round = 0; round < 2; round += 1) {
    const began = performance.now();
    const companion = start();
    await companion.otlp;
    millis = performance.now() - began;
    companion.signal('SIGTERM');
    await companion.exited;
  }
  return millis;
}

async function stopped(
  senders: readonly SteadySender[],
): Promise<{ readonly acknowledged: ReadonlySet<string>; readonly unanswered: number }> {
  const sent = await Promise.all(senders.map((sender) => sender.stop()));
  return {
    acknowledged: new Set(sent.flatMap((one) => [...one.acknowledged])),
    unanswered: sent.reduce((sum, one) => sum + one.unanswered, 0),
  };
}

/** What `aftertrace data check` would say is wrong. */
async function unsound(dataDir: string): Promise<readonly string[]> {
  const { problems } = await checkDataDir(dataDir);
  return problems
    .filter(({ severity }) => severity === 'error')
    .map(({ where, message }) => `data check: ${where}: ${message}`);
}

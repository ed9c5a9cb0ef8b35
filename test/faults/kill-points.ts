import { spawnSync } from 'node:child_process';

import { killLane, type LaneForm, type LaneResult } from './kill-lane.ts';
import type { Outcome } from './outcome.ts';
import { createRandom } from './random.ts';

export interface KillPointsOptions {
  readonly points: number;
  readonly seed: number;
  readonly log: (text: string) => void;
}

/** What a crash may leave half done differs with the form of the files; one data directory each, side by side. */
const FORMS: readonly LaneForm[] = [
  { name: 'plain', settings: [], lines: [''], hermes: [] },
  {
    name: 'zstd and hermes',
    settings: ['files.compression=live', 'files.hermes=true'],
    lines: [''],
    hermes: [''],
  },
  {
    name: 'conversations',
    settings: ['files.group=conversation', 'files.conversationIdleMillis=40'],
    lines: ['', 'conversations'],
    hermes: [],
  },
];

/** `kill -9` again and again while telemetry comes in; then nothing acknowledged is missing, doubled or torn. */
export async function killPoints({ points, seed, log }: KillPointsOptions): Promise<Outcome> {
  const hasZstd = spawnSync('zstd', ['--version']).status === 0;
  const forms = FORMS.filter(({ settings }) => hasZstd || settings[0] !== FORMS[1]?.settings[0]);
  if (!hasZstd)
    log('!! there is no zstd on PATH: lines in zstd and in the second format are NOT tried');
  const began = performance.now();
  let done = 0;
  const onPoint = (): void => {
    done += 1;
    if (done % 50 === 0)
      log(`${done} of ${points} points, ${seconds(performance.now() - began)} s`);
  };
  const lanes = await Promise.all(
    forms.map((form, index) => {
      const share = Math.floor((points + index) / forms.length);
      const random = createRandom(seed + index);
      return killLane({ name: `k${index}`, form, points: share, random, onPoint });
    }),
  );
  return { problems: lanes.flatMap(({ problems }) => problems), facts: factsOf(lanes, seed) };
}

function factsOf(lanes: readonly LaneResult[], seed: number): readonly string[] {
  const sum = (of: (lane: LaneResult) => number): number =>
    lanes.reduce((total, lane) => total + of(lane), 0);
  const starts = lanes.flatMap(({ startMillis }) => startMillis).toSorted((a, b) => a - b);
  const median = starts[Math.floor(starts.length / 2)] ?? 0;
  return [
    `seed ${seed}; ${lanes.length} data directories side by side`,
    `${sum(({ kills }) => kills)} kills, ${sum(({ beforeListening }) => beforeListening)} of them before it listened`,
    `${sum(({ acknowledged }) => acknowledged)} spans acknowledged, ${sum(({ lines }) => lines)} lines`,
    `${sum(({ unanswered }) => unanswered)} attempts without an answer`,
    `${median.toFixed(0)} ms until it listened (median); ${lanes.map(({ settleMillis }) => seconds(settleMillis)).join(', ')} s for the end`,
  ];
}

const seconds = (millis: number): string => (millis / 1000).toFixed(0);

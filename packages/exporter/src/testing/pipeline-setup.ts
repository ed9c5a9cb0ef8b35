import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Finding, type Trajectory, type WrittenTrajectory } from '@aftertrace/schema';
import { afterEach, beforeEach } from 'vitest';

import { createJournal, type Journal } from '../journal/journal.ts';
import type { Pipeline, PipelineLog, PipelineOptions } from '../pipeline-api.ts';
import { createPipeline } from '../pipeline.ts';
import { readTrajectories } from '../trajectory/read-trajectories.ts';

/** Pipelines of one test: their directory, their clock, and what they told. */
export class PipelineSetup {
  dataDir = '';
  /** Milliseconds. */
  now = 1_000_000;
  readonly findings: Finding[] = [];
  readonly told: WrittenTrajectory[] = [];
  readonly logged: PipelineLog[] = [];
  readonly #open: Pipeline[] = [];

  async started(options: Partial<PipelineOptions> = {}): Promise<Pipeline> {
    const pipeline = createPipeline({
      dataDir: this.dataDir,
      now: () => this.now,
      onFinding: (finding) => void this.findings.push(Finding.parse(finding)),
      onRun: (written) => void this.told.push(written),
      log: (entry) => void this.logged.push(entry),
      ...options,
    });
    this.#open.push(pipeline);
    await pipeline.start();
    return pipeline;
  }

  /** Those that were started, in that order. */
  get pipelines(): readonly Pipeline[] {
    return this.#open;
  }

  async close(): Promise<void> {
    await Promise.all(this.#open.map((pipeline) => pipeline.shutdown(1000)));
  }

  newJournal(): Journal {
    return createJournal({ dir: join(this.dataDir, 'journal') });
  }

  async journalFiles(): Promise<number> {
    return (await readdir(join(this.dataDir, 'journal'))).length;
  }

  async textOf(kind: 'success' | 'failure' | 'unresolved'): Promise<string> {
    const folder = join(this.dataDir, 'trajectories', kind);
    const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.jsonl'));
    return (await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')))).join('');
  }

  async lineCount(kind: Parameters<PipelineSetup['textOf']>[0]): Promise<number> {
    return (await this.textOf(kind)).split('\n').length - 1;
  }

  async lines(): Promise<Trajectory[]> {
    const read = await Array.fromAsync(readTrajectories(this.dataDir));
    return read.map(({ trajectory }) => trajectory);
  }
}

/** Before each test a new directory, after it everything closed and gone; `setup` gives what the test uses. */
export function eachWithPipelines(use: (setup: PipelineSetup) => void): void {
  let setup: PipelineSetup;
  beforeEach(async () => {
    setup = new PipelineSetup();
    setup.dataDir = await mkdtemp(join(tmpdir(), 'aftertrace-pipeline-'));
    use(setup);
  });
  afterEach(async () => {
    await setup.close();
    await rm(setup.dataDir, { recursive: true });
  });
}

/** The journal with its methods as functions, so that some can be replaced. */
export function bound(journal: Journal): Journal {
  return {
    start: () => journal.start(),
    append: (record) => journal.append(record),
    replay: () => journal.replay(),
    read: (...read) => journal.read(...read),
    retain: (segment) => journal.retain(segment),
    release: (segment) => journal.release(segment),
    stats: () => journal.stats(),
    shutdown: () => journal.shutdown(),
  };
}

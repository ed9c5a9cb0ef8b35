import { readTrajectories } from '@aftertrace/exporter';
import type { Trajectory } from '@aftertrace/schema';

import { ExitCode } from '../exit-code.ts';
import { requireData } from '../require-data.ts';
import type { Output } from '../terminal/output.ts';
import { renderTable } from '../terminal/table.ts';
import {
  compareVersions,
  type VersionRow,
  type Versions,
} from '../trajectories/compare-versions.ts';

/** `aftertrace versions`: what agents ran as, what changed from one to the next, and how the runs ended. */
export async function listVersions(
  options: { readonly data: string; readonly agent?: string; readonly json: boolean },
  output: Output,
): Promise<ExitCode> {
  const dataDir = await requireData(options.data);
  const rows = await compareVersions(linesOf(dataDir, options.agent));
  if (options.json) output.out(JSON.stringify(rows));
  else if (rows.length === 0) output.out('no trajectories');
  else {
    const heading = [
      'AGENT',
      'VERSION',
      'MODEL',
      'PROMPT',
      'TOOLS',
      'MEMORY',
      'POLICY',
      'RUNS',
      'FAILED',
      'FIRST SEEN (UTC)',
      'CHANGED',
    ];
    output.out(renderTable(heading, rows.map(cells)));
  }
  return ExitCode.OK;
}

async function* linesOf(dataDir: string, agent: string | undefined): AsyncGenerator<Trajectory> {
  for await (const { trajectory } of readTrajectories(dataDir)) {
    if (agent === undefined || trajectory.agent.name === agent) yield trajectory;
  }
}

function cells({ agent, versions, runs, outcomes, firstSeen, changed }: VersionRow): string[] {
  const { agentVersion, model, promptDigest, toolsDigest, memoryVersion, policyRevision } =
    versions;
  const failed = outcomes.failure ?? 0;
  return [
    agent,
    agentVersion ?? '',
    model ?? '',
    short(promptDigest),
    short(toolsDigest),
    short(memoryVersion),
    policyRevision === undefined ? '' : String(policyRevision),
    String(runs),
    `${failed} (${Math.round((100 * failed) / runs)} %)`,
    firstSeen.slice(0, 19).replace('T', ' '),
    changed.map((field) => WORDS[field]).join(', '),
  ];
}

const WORDS: Readonly<Record<keyof Versions, string>> = {
  agentVersion: 'version',
  model: 'model',
  promptDigest: 'prompt',
  toolsDigest: 'tools',
  memoryVersion: 'memory',
  policyRevision: 'policy',
};

/** Enough of a digest to tell two apart; the JSON has all of it. */
function short(value: string | undefined): string {
  return (value ?? '').replace(/^sha256:([0-9a-f]{12})[0-9a-f]*$/, '$1');
}

/**
 * The reference of frameworks, made from the results of `pnpm test:frameworks --write`.
 * `pnpm docs:frameworks` writes it to `docs/reference/frameworks.md`; a test compares what is committed.
 */
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import { listFrameworks } from '../frameworks/harness/matrix.ts';
import { readResults, type Verdict, type VersionResult } from '../frameworks/harness/results.ts';
import { SCENARIOS } from '../frameworks/scenarios.ts';

export const FRAMEWORKS_FILE = fileURLToPath(
  new URL('../../docs/reference/frameworks.md', import.meta.url),
);

const INTRODUCTION = `# Frameworks

This page is made from test results: \`pnpm test:frameworks --write\`, then \`pnpm docs:frameworks\`. Each version ran as an application does, in a process of its own with the real framework, a server that speaks the provider's protocol, a companion and an OpenTelemetry SDK. Of the Claude Agent SDK the package is real, and a program of the tests plays the Claude Code process that it starts.

_yes_: what ran, what the model was shown, spans, events, decisions, overrides and the run's end were as they must be, in each of the combinations below the table. _rejects_: so they were, and the framework ends the run there instead of letting the model go on. –: not played, for the reason below the table: mostly that the framework has no such thing. Other versions of the same majors are attached to by the same functions; a version whose functions are not there is reported as not attached.`;

/** What each line of the tables says. */
const MEANINGS: Readonly<Record<string, string>> = {
  success: 'a tool runs',
  throw: 'a tool throws',
  'soft-failure': 'a tool returns an error as its result',
  'unknown-tool': 'the model calls a tool that is not there',
  block: 'a rule refuses the call',
  redact: 'a rule hides parts of arguments and result',
  transform: 'a rule changes the arguments',
  'escalate-approve': 'a person is asked, and approves',
  'escalate-edit': 'a person is asked, and changes the arguments',
  'escalate-reject': 'a person is asked, and rejects',
  quarantine: 'a call is held, and does not run',
  parallel: 'three calls in one answer',
  streaming: 'streamed answers',
  'streaming-block': 'a call in a streamed answer is refused',
  'sub-agent': 'an agent asks another by a tool',
  'own-approve': "the framework's own approval: approved",
  'own-edit': "the framework's own approval: edited",
  'own-reject': "the framework's own approval: rejected",
  mcp: 'a tool of an MCP server',
  'mcp-error': 'an MCP server answers `isError`',
  'mcp-block': 'a tool of an MCP server is refused',
  kill: 'the agent is killed while its tool works',
  'streaming-kill': 'the same, streaming',
};

/** The page as it must be committed. */
export async function frameworksPage(): Promise<string> {
  const frameworks = await listFrameworks();
  const results = await readResults(frameworks.map(({ framework }) => framework.name));
  const packages = Map.groupBy(results, (result) => result.framework);
  const sections = [...packages.values()].map((versions) => section(versions));
  return `${[INTRODUCTION, ...sections].join('\n\n')}\n`;
}

function section(installs: readonly VersionResult[]): string {
  const versions = installs.toSorted((a, b) =>
    a.version.localeCompare(b.version, 'en', { numeric: true }),
  );
  const name = versions[0]?.package ?? '';
  const rows = SCENARIOS.map(({ name: scenario, title }) => [
    MEANINGS[scenario] ?? title,
    ...versions.map(({ scenarios }) => word(scenarios[scenario])),
  ]);
  const table = [
    ['', ...versions.map(({ version }) => version)],
    ['---', ...versions.map(() => '---')],
    ...rows,
  ];
  const lines = table.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
  const ran = versions.map(({ version, ran: where }) => `- ${version}: ${where.join('; ')}`);
  const { framework } = versions[0] ?? {};
  // Several ways to use one package stand one after the other.
  const title = framework === undefined || name.includes(framework) ? '' : `: ${framework}`;
  return [
    `## \`${name}\`${title}`,
    lines,
    ...reasonsOf(versions),
    `Ran:\n\n${ran.join('\n')}`,
  ].join('\n\n');
}

/** Why something is not there: each reason once, with the lines that it stands for. */
function reasonsOf(versions: readonly VersionResult[]): readonly string[] {
  const reasons = new Map<string, Set<string>>();
  for (const { scenarios } of versions) {
    for (const [name, verdict] of Object.entries(scenarios)) {
      if (typeof verdict === 'string') continue;
      const named = reasons.get(verdict.lacks) ?? new Set<string>();
      reasons.set(verdict.lacks, named.add(MEANINGS[name] ?? name));
    }
  }
  if (reasons.size === 0) return [];
  const lines = [...reasons].map(([reason, names]) => `- ${[...names].join(', ')}: ${reason}.`);
  return [`Not played:\n\n${lines.join('\n')}`];
}

function word(verdict: Verdict | undefined): string {
  if (verdict === undefined) return '?';
  if (typeof verdict !== 'string') return '–';
  return verdict === 'no' ? '**no**' : verdict;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await writeFile(FRAMEWORKS_FILE, await frameworksPage());
}

import { existsSync } from 'node:fs';
import path from 'node:path';

import type { ExampleApp, ExampleFolder, Expected } from '../example.ts';
import { problemsOfOutput, problemsOfRuns } from './compare.ts';
import { serveBuiltIn } from './built-in-tools.ts';
import { startModelServer } from './model-server.ts';
import { readRuns, type RecordedRun } from './recorded-runs.ts';
import { openTerminal, type Ended, type Terminal } from './terminal.ts';
import { typeCheck } from './type-check.ts';

/** One thing that was tried, and what was wrong with it. */
export interface Tried {
  readonly title: string;
  readonly problems: readonly string[];
}

interface Stage {
  readonly folder: ExampleFolder;
  readonly terminal: Terminal;
  /** The companion's data directory. */
  readonly dataDir: string;
}

const IMPORT = ['--import', '@aftertrace/node'];
const REASON = 'no proof of purchase';
/** A line is written when its run is over for certain, which takes a moment. */
const LINES_MILLIS = 30_000;
const APPROVAL_MILLIS = 30_000;

/** Everything about a folder: its types, each app without us, with us, and under its policy. */
export async function playFolder(
  folder: ExampleFolder,
  project: string,
): Promise<readonly Tried[]> {
  const title = (what: string): string => `${folder.folder} ${what}`;
  const tried: Tried[] = [{ title: title('types'), problems: await typeCheck(project) }];
  const terminal = openTerminal(project);
  const stage: Stage = { folder, terminal, dataDir: path.join(project, '.aftertrace') };
  const companion = await terminal.serve();
  try {
    for (const app of folder.apps) {
      tried.push({ title: title(`${app.file}, open`), problems: await playOpen(stage, app) });
    }
    if (existsSync(path.join(project, 'policy.yaml'))) {
      await terminal.publish('policy.yaml');
    }
    for (const app of folder.apps) {
      const problems = await playGoverned(stage, app);
      tried.push({ title: title(`${app.file}, governed`), problems });
    }
  } finally {
    await companion.stop();
  }
  return tried;
}

/** Without us and with us it says the same; and there is a line of its run. */
async function playOpen(stage: Stage, app: ExampleApp): Promise<readonly string[]> {
  const alone = await run(stage, app, []);
  const before = await runIds(stage);
  const watched = await run(stage, app, IMPORT);
  const [one, other] = [plain(alone), plain(watched)];
  const differs = one === other ? [] : [`alone it says\n${one}\nand watched\n${other}`];
  const problems = [...differs, ...problemsOfOutput(watched, app.open)];
  return [...problems, ...(await problemsOfLines(stage, before, app.open))];
}

async function playGoverned(stage: Stage, app: ExampleApp): Promise<readonly string[]> {
  const before = await runIds(stage);
  const { answers } = app;
  const [ended, asked] = await Promise.all([
    run(stage, app, IMPORT),
    answers === undefined ? [] : answerOnce(stage.terminal, answers),
  ]);
  const problems = [...asked, ...problemsOfOutput(ended, app.governed)];
  return [...problems, ...(await problemsOfLines(stage, before, app.governed))];
}

async function run(stage: Stage, app: ExampleApp, args: readonly string[]): Promise<Ended> {
  const server = await startModelServer(app.scripts);
  const tools = await serveBuiltIn(app.builtIn ?? []);
  try {
    const env = { ...stage.folder.env(server.url), ...app.env, ...tools.env };
    const ended = await stage.terminal.node([...args, app.file], {
      env,
      ...(app.input === undefined ? {} : { input: app.input }),
    });
    const [stranger] = server.unknown;
    if (stranger !== undefined)
      throw new Error(`${app.file} asked what no script has: ${stranger}`);
    return ended;
  } finally {
    await server.close();
    tools.close();
  }
}

/** What a process says, without its number, and without what we say of a companion that takes its time. */
function plain({ stdout, stderr, exitCode }: Ended): string {
  const said = stderr.replaceAll(/^aftertrace: the companion at .*\n/gm, '');
  return `${stdout}${said}exit code ${exitCode}`.replaceAll(/\(node:\d+\)/g, '(node)');
}

async function runIds({ dataDir }: Stage): Promise<ReadonlySet<string>> {
  return new Set((await readRuns(dataDir)).map(({ id }) => id));
}

/** Looks again until the lines are as they must be, or it has been long enough. */
async function problemsOfLines(
  { dataDir }: Stage,
  before: ReadonlySet<string>,
  { runs }: Expected,
): Promise<readonly string[]> {
  const deadline = performance.now() + LINES_MILLIS;
  for (;;) {
    const fresh: readonly RecordedRun[] = (await readRuns(dataDir)).filter(
      ({ id }) => !before.has(id),
    );
    const problems = problemsOfRuns(fresh, runs);
    if (problems.length === 0 || performance.now() > deadline) return problems;
    await pause(100);
  }
}

interface Approval {
  readonly request: { readonly id: string; readonly tool: string };
}

/** The person who is asked. */
async function answerOnce(
  { ask, aftertrace }: Terminal,
  answers: Readonly<Record<string, string>>,
): Promise<readonly string[]> {
  const deadline = performance.now() + APPROVAL_MILLIS;
  while (performance.now() < deadline) {
    const [waiting] = await ask<readonly Approval[]>(['approvals']);
    const { id, tool } = waiting?.request ?? {};
    if (id !== undefined && tool !== undefined) {
      const command = answers[tool];
      if (command === undefined) return [`nobody was to be asked about ${tool}`];
      const { exitCode, stderr } = await aftertrace([command, id, '--reason', REASON]);
      return exitCode === 0 ? [] : [`${command} ended with ${exitCode}: ${stderr}`];
    }
    await pause(100);
  }
  return ['nobody was asked'];
}

function pause(millis: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, millis);
  });
}

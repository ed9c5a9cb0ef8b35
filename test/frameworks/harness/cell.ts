import { fork } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import type {
  ApprovalAnswer,
  ApprovalRequest,
  Containment,
  EvidenceRecord,
} from '@aftertrace/schema';

import {
  startControlServer,
  type ControlServer,
} from '../../../packages/instrumentation/src/testing/control-server.ts';
import type { DriveOptions } from '../child/drive.ts';
import type { FrameworkUnderTest, Install, ScenarioName } from '../framework-under-test.ts';
import type { ChildResult } from '../recorded.ts';
import { EDITED, POLICY, SCENARIOS, SUB_AGENT } from '../scenarios.ts';
import { ensureInstall, installedVersion, nodeBinary } from './install.ts';
import { startMcpServer, type McpCall } from './mcp-server.ts';
import { startProviderServer, type ModelRequest } from './provider-server.ts';

/** `installs/node-<line>`: the newest of each major, and two that load hooks reach through a thread of their own. */
export type NodeLine = '22' | '22.15' | '24' | '24.5' | '26';

/** One combination: a version of a framework, loaded in one way, on one Node, beside one SDK. */
export interface Cell {
  readonly framework: FrameworkUnderTest;
  /** URL of its file. */
  readonly file: string;
  readonly install: Install;
  readonly format: 'esm' | 'cjs';
  readonly node: NodeLine;
  readonly sdk: 2 | 3;
}

/** What is known of a cell after its process has ended. */
export interface CellRun {
  readonly cell: Cell;
  readonly version: string;
  /** Undefined where the process did not get to its end. */
  readonly result: ChildResult | undefined;
  readonly requests: readonly ModelRequest[];
  readonly mcpCalls: readonly McpCall[];
  readonly evidence: readonly EvidenceRecord[];
  readonly stderr: string;
  readonly code: number | null;
  readonly millis: number;
}

/** Longest that a process may take; what hangs is told, not waited for. */
const DEADLINE_MILLIS = 120_000;

const ROOT = new URL('../../../', import.meta.url);
const REGISTER = new URL('packages/instrumentation/src/register.ts', ROOT).href;
const RECORD = new URL('../child/record.ts', import.meta.url).href;
const DRIVER = new URL('../child/drive.ts', import.meta.url).href;

/** Scenarios that this version of the framework has. */
export function scenariosOf({
  framework,
  install,
}: Pick<Cell, 'framework' | 'install'>): readonly ScenarioName[] {
  return SCENARIOS.map(({ name }) => name).filter(
    (name) => framework.lacks[name] === undefined && install.lacks?.[name] === undefined,
  );
}

/** Plays every scenario of a cell in a process of its own. */
export async function runCell(
  cell: Cell,
  only: readonly ScenarioName[] | undefined,
): Promise<CellRun> {
  const startedAt = performance.now();
  const { framework, install, format } = cell;
  const [directory, otel, execPath] = await Promise.all([
    ensureInstall(install.folder),
    ensureInstall(`otel-${cell.sdk}`),
    nodeBinary(cell.node),
  ]);
  const scripts = new Map(SCENARIOS.map(({ name, turns }) => [name as string, turns]));
  scripts.set(SUB_AGENT.key, SUB_AGENT.turns);
  const [version, provider, mcp, companion, home] = await Promise.all([
    installedVersion(directory, framework.package),
    startProviderServer(scripts),
    startMcpServer(),
    startControlServer(),
    mkdtemp(path.join(tmpdir(), 'aftertrace-frameworks-')),
  ]);
  companion.setState({ policy: POLICY });
  const governing = govern(companion);
  const resultFile = path.join(home, 'result.json');
  const drive: DriveOptions = {
    framework: cell.file,
    scenarios: scenariosOf(cell).filter((name) => only === undefined || only.includes(name)),
    server: provider.url,
    mcpServer: mcp.url,
    version,
    format,
    result: resultFile,
  };
  const imports = [RECORD, REGISTER].flatMap((url) => ['--import', url]);
  const child = fork(path.join(directory, format === 'esm' ? 'entry.mjs' : 'entry.cjs'), [], {
    cwd: directory,
    execPath,
    execArgv: [
      '--conditions=@aftertrace/source',
      '--disable-warning=ExperimentalWarning',
      ...imports,
    ],
    env: {
      PATH: process.env['PATH'],
      // The sources are run as they are, here and in processes below; this Node must be asked to.
      ...(cell.node === '22.15' ? { NODE_OPTIONS: '--experimental-strip-types' } : {}),
      HOME: home,
      XDG_STATE_HOME: home,
      AFTERTRACE_COMPANION: companion.url,
      AFTERTRACE_TOKEN: companion.token,
      AFTERTRACE_TEST_DRIVER: DRIVER,
      AFTERTRACE_TEST_DRIVE: JSON.stringify(drive),
      AFTERTRACE_TEST_OTEL: otel,
      AFTERTRACE_TEST_SDK: String(cell.sdk),
    },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let stderr = '';
  const keep = (chunk: Buffer): void => {
    stderr = (stderr + chunk.toString('utf8')).slice(-20_000);
  };
  child.stderr?.on('data', keep);
  child.stdout?.on('data', keep);
  child.on('message', () => governing.kill());
  // No scenario begins before the policy is in force: what holds until then is another test's matter.
  const isInForce = (): boolean => companion.acks.some((ack) => ack.policyRevision !== undefined);
  void companion.until(isInForce).then(() => child.connected && child.send('go'));
  const deadline = setTimeout(() => child.kill('SIGKILL'), DEADLINE_MILLIS);
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  clearTimeout(deadline);
  const result = await readFile(resultFile, 'utf8').then(
    (text) => JSON.parse(text) as ChildResult,
    () => undefined,
  );
  const { requests } = provider;
  const { evidence } = companion;
  await Promise.all([
    provider.close(),
    mcp.close(),
    companion.close(),
    rm(home, { recursive: true }),
  ]);
  const millis = Math.round(performance.now() - startedAt);
  const mcpCalls = mcp.calls;
  return { cell, version, result, requests, mcpCalls, evidence, stderr, code, millis };
}

/** The people beside the agent: they answer what is escalated, by the tool, and kill the agents whose tool is slow. */
function govern(companion: ControlServer): { kill(): void } {
  void answerAll(companion);
  let doomed = 0;
  return {
    kill: () => {
      doomed += 1;
      const agents = ['doomed', 'doomed_too'].slice(0, doomed);
      companion.setState({ policy: POLICY, containments: agents.map(killOf) });
    },
  };
}

/** For as long as the companion lives: then nothing more is asked. */
async function answerAll(companion: ControlServer): Promise<void> {
  for (let answered = 0; ; answered += 1) {
    await companion.until(() => companion.approvals.length > answered);
    const request = companion.approvals[answered];
    if (request !== undefined) companion.answer(answerTo(request));
  }
}

function killOf(agent: string): Containment {
  return {
    id: `ctn_${agent}`,
    kind: 'kill',
    scope: { agent },
    mode: 'enforce',
    reason: 'it is doomed',
    actor: { kind: 'human', id: 'ana@example.com', assurance: 'token' },
    requestedAt: new Date().toISOString(),
    drill: false,
    inFlight: 'abort',
    effective: [],
    unreachable: [],
  };
}

function answerTo(request: ApprovalRequest): ApprovalAnswer {
  const words = { pay_approve: 'approve', pay_edit: 'modify' } as const;
  const decision = words[request.tool as keyof typeof words] ?? 'reject';
  return {
    revision: 1,
    approval: request.id,
    instance: request.instance,
    actionDigest: request.actionDigest,
    ...(decision === 'modify' ? { arguments: EDITED } : {}),
    override: {
      id: `ovr_${request.id}`,
      at: new Date().toISOString(),
      kind: 'approval',
      actor: { kind: 'human', id: 'ana@example.com', assurance: 'token' },
      decision,
      reason: 'I know this customer',
      prior: { source: 'policy', decision: 'escalate', tool: request.tool },
      actionDigest: request.actionDigest,
      outcome: { status: 'pending' },
      agent: request.agent,
    },
  };
}

import { fileURLToPath } from 'node:url';

import type { Answer, AgentProcess } from './agents.ts';
import { startAgent } from './agents.ts';
import type { ContainmentFact, Facts, ReloadFact } from './facts.ts';
import { gatherFacts } from './facts.ts';
import { aftertrace, until } from './processes.ts';
import type { Conversation } from './story.ts';
import { STORY } from './story.ts';
import type { World } from './world.ts';
import { startWorld } from './world.ts';

/** Who acts in the demo. */
export const ON_CALL = 'on-call@example.com';

export interface DemoOptions {
  /** Everything is written here; what was there is removed. */
  readonly dir: string;
  /** One line for each thing that happens. */
  readonly progress: (line: string) => void;
  /** Called in the middle of the first act's load. */
  readonly disturb?: (world: World) => Promise<void>;
}

/** A run that the controls did not answer as they should ends the demo with what was printed. */
async function mustRun<T>(world: World, args: readonly string[]): Promise<T> {
  const finished = await aftertrace([...args, '--json'], world.env);
  if (finished.code !== 0) {
    throw new Error(
      `aftertrace ${args.join(' ')} ended with ${finished.code}: ${finished.stderr}${finished.stdout}`,
    );
  }
  return JSON.parse(finished.stdout) as T;
}

const policyFile = (name: string): string =>
  fileURLToPath(new URL(`../policy/${name}.yaml`, import.meta.url));

/** The whole loop: fail, record, open, contain, overrule, correct, review. */
export async function runDemo(options: DemoOptions): Promise<Facts> {
  const { progress } = options;
  const world = await startWorld(options.dir);
  const agents: AgentProcess[] = [];
  try {
    progress('companion, model server and webhook receiver are up');
    await publish(world, 'first', 'what the agent may do from its first day');
    agents.push(startAgent(world, { name: 'agent-1' }), startAgent(world, { name: 'agent-2' }));
    progress('two support agents started with --import @aftertrace/node; first policy in force');

    const [incident] = await Promise.all([
      seeIncident(world, progress),
      overruleWhenAsked(world, progress),
      act(agents, 'before', async (done) => {
        if (done === 8) await options.disturb?.(world);
      }),
    ]);
    const revoked = await revokeRefund(world, progress);
    const reload = await reloadPolicy(world, progress);
    await act(agents, 'after');
    progress('all conversations answered');
    await Promise.all(agents.map((agent) => agent.stop()));
    return await gatherFacts({
      world,
      incident,
      revoked,
      reload,
      agentPids: agents.map(({ pid }) => pid),
      backtestFile: policyFile('second'),
      run: (args) => mustRun(world, args),
    });
  } finally {
    await Promise.allSettled(agents.map((agent) => agent.stop()));
    await world.stop();
  }
}

async function publish(world: World, name: string, reason: string): Promise<ReloadFact> {
  const args = ['policy', 'publish', policyFile(name), '--actor', ON_CALL, '--reason', reason];
  return mustRun<ReloadFact>(world, args);
}

/** On call: what was learned becomes a rule, in force in the running agents. */
async function reloadPolicy(world: World, progress: (line: string) => void): Promise<ReloadFact> {
  const args = ['policy', 'publish', policyFile('second'), '--actor', ON_CALL];
  const reason = 'an agent changed a price by SQL';
  const reload = await mustRun<ReloadFact>(world, [...args, '--reason', reason, '--wait']);
  progress(
    `policy revision ${reload.revision} in force in ${reload.effective.length} running processes`,
  );
  return reload;
}

/** Plays one act: the conversations are dealt to the agents in turn. */
async function act(
  agents: readonly AgentProcess[],
  name: Conversation['act'],
  onAnswer?: (done: number) => Promise<void>,
): Promise<Answer[]> {
  const conversations = STORY.filter((conversation) => conversation.act === name);
  let done = 0;
  const disturbances: Promise<void>[] = [];
  const answers = await Promise.all(
    agents.map((agent, index) =>
      agent.work(
        conversations.filter((_, position) => position % agents.length === index),
        () => {
          done += 1;
          if (onAnswer !== undefined) disturbances.push(onAnswer(done));
        },
      ),
    ),
  );
  await Promise.all(disturbances);
  const flat = answers.flat();
  const broken = flat.find(({ error }) => error !== undefined);
  if (broken !== undefined) throw new Error(`${broken.ticket} broke: ${broken.error}`);
  return flat;
}

interface IncidentRow {
  readonly id: string;
  readonly kind: string;
  readonly tool?: string;
  readonly title: string;
}

/** On call: the incident about refunds opens while the agents still work. */
async function seeIncident(world: World, progress: (line: string) => void): Promise<string> {
  const incident = await until('an incident about refunds', async () => {
    const incidents = await mustRun<IncidentRow[]>(world, ['incidents', 'list']).catch(() => []);
    return incidents.find(({ tool, kind }) => tool === 'refund' && kind === 'tool_failure');
  });
  progress(`incident ${incident.id} opened: ${incident.title}`);
  return incident.id;
}

/** On call: the tool is taken away from the running agents, for a while, and the answer says since when. */
async function revokeRefund(
  world: World,
  progress: (line: string) => void,
): Promise<ContainmentFact> {
  const args = ['revoke', 'refund', '--agent', 'support-agent', '--ttl', '15m', '--actor', ON_CALL];
  const reason = [
    '--reason',
    'refunds fail at one bank and the agent tells customers that they worked',
  ];
  const revoked = await mustRun<ContainmentFact>(world, [...args, ...reason, '--wait']);
  progress(`refund is gone in ${revoked.containment.effective.length} running processes`);
  return revoked;
}

interface ApprovalRow {
  readonly request: { readonly id: string; readonly tool: string };
}

/** On call: the large refund waits for a person; the person says no, and why. */
async function overruleWhenAsked(world: World, progress: (line: string) => void): Promise<void> {
  const approval = await until('a call that waits for a person', async () => {
    const approvals = await mustRun<ApprovalRow[]>(world, ['approvals']).catch(() => []);
    return approvals[0];
  });
  await mustRun(world, [
    'reject',
    approval.request.id,
    '--actor',
    ON_CALL,
    '--reason',
    'no proof of purchase for an amount of this size',
  ]);
  progress(`${approval.request.tool} waited for a person and was rejected by ${ON_CALL}`);
}

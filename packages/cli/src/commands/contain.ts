import type { ContainmentProgress } from '@aftertrace/control';
import type { ContainmentInput, ContainmentKind, ContainmentScope } from '@aftertrace/schema';

import { requireActor } from '../actor.ts';
import { connect, valueOf, valueOfOrdered } from '../connect.ts';
import { CommandError, ExitCode } from '../exit-code.ts';
import type { Output } from '../terminal/output.ts';
import { renderTable } from '../terminal/table.ts';
import { describeContainment, scopeText } from './describe-containment.ts';

/** What `aftertrace kill`, `revoke`, `quarantine` and `retire` were asked. */
export interface ContainOptions {
  readonly kind: ContainmentKind;
  /** A tool for `revoke`, an agent for the others. */
  readonly target?: string;
  readonly agent?: string;
  readonly agentVersion?: string;
  readonly tenant?: string;
  readonly conversation?: string;
  readonly run?: string;
  readonly tool?: string;
  readonly capability?: string;
  /** No scope: whatever is connected. */
  readonly everything: boolean;
  readonly ttl?: number;
  readonly actor?: string;
  readonly reason: string;
  readonly shadow: boolean;
  readonly drill: boolean;
  /** What is under way may come to its end. */
  readonly finish: boolean;
  /** The companion that has this directory open. */
  readonly data?: string;
  /** Longest wait in milliseconds; absent: do not wait. */
  readonly wait?: number;
  readonly json: boolean;
}

/** Orders a containment, and with `--wait` says since when it is in force in each process. A drill waits anyway. */
export async function contain(options: ContainOptions, output: Output): Promise<ExitCode> {
  const input = toInput(options);
  const client = await connect(options.data);
  const wait = options.wait ?? (options.drill ? DRILL_WAIT_MILLIS : undefined);
  let progress = valueOf(await client.contain(input));
  if (wait !== undefined) {
    const { id } = progress.containment;
    progress = valueOfOrdered(
      await client.waitEffective(id, { timeoutMillis: wait }),
      `${id} is ordered; ask again with aftertrace containments ${id}`,
    );
  }
  output.out(options.json ? JSON.stringify(progress) : describeContainment(progress));
  return exitCodeOf(progress, wait !== undefined);
}

const DRILL_WAIT_MILLIS = 10_000;

/** Where nobody is there who could enforce it, that is never success, waited for or not. */
function exitCodeOf({ state }: ContainmentProgress, waited: boolean): ExitCode {
  if (state === 'no_live_instance') return ExitCode.NOBODY;
  if (state === 'waiting' && !waited) return ExitCode.OK;
  return state === 'effective' ? ExitCode.OK : ExitCode.NOT_EFFECTIVE;
}

function toInput(options: ContainOptions): ContainmentInput {
  return {
    kind: options.kind,
    scope: toScope(options),
    mode: options.shadow ? 'shadow' : 'enforce',
    reason: options.reason,
    actor: requireActor(options.actor),
    drill: options.drill,
    inFlight: options.finish ? 'finish' : 'abort',
    ...(options.ttl === undefined ? {} : { ttlMillis: options.ttl }),
  };
}

/** @throws CommandError (USAGE) where it is not said what is meant: no order covers everything by mistake. */
function toScope(options: ContainOptions): ContainmentScope {
  const { kind, target, everything, agentVersion, tenant, conversation, run, capability } = options;
  const agent = kind === 'revoke' ? options.agent : (target ?? options.agent);
  const tool = kind === 'revoke' ? (target ?? options.tool) : options.tool;
  const scope = { tenant, agent, agentVersion, conversation, run, tool, capability };
  const given = Object.fromEntries(
    Object.entries(scope).filter(([, value]) => value !== undefined),
  );
  const isEmpty = Object.keys(given).length === 0;
  if (everything && isEmpty) return 'global';
  if (everything || isEmpty) {
    const what = kind === 'revoke' ? 'a tool' : 'an agent';
    throw new CommandError(
      `what is to be stopped? name ${what}, or narrow it by --run, --conversation and the like, or say --everything and nothing else`,
      { exitCode: ExitCode.USAGE },
    );
  }
  return given;
}

/** What `aftertrace release` was asked. */
export interface ReleaseOptions {
  readonly actor?: string;
  readonly reason: string;
  /** It stops nothing any more and records what it would stop, until it is released again. */
  readonly shadowFirst: boolean;
  /** With `shadowFirst`: it ends by itself after that. */
  readonly ttl?: number;
  /** Criteria of the redeployment record that lifts a retirement. */
  readonly criterion?: readonly string[];
  readonly approver?: string;
  readonly version?: string;
  readonly link?: readonly string[];
  readonly data?: string;
  readonly json: boolean;
}

/** `aftertrace release ID` */
export async function release(
  id: string,
  options: ReleaseOptions,
  output: Output,
): Promise<ExitCode> {
  const actor = requireActor(options.actor);
  const redeployment = toRedeployment(options);
  const client = await connect(options.data);
  const progress = valueOf(
    await client.release(id, {
      actor,
      reason: options.reason,
      shadowFirst: options.shadowFirst,
      ...(options.ttl === undefined ? {} : { ttlMillis: options.ttl }),
      ...(redeployment === undefined ? {} : { redeployment }),
    }),
  );
  output.out(options.json ? JSON.stringify(progress) : describeContainment(progress));
  return ExitCode.OK;
}

function toRedeployment({ criterion = [], approver, version, link }: ReleaseOptions) {
  const isGiven = [approver, version, link].some((part) => part !== undefined);
  if (criterion.length === 0 && !isGiven) return undefined;
  if (criterion.length === 0 || approver === undefined) {
    throw new CommandError('a redeployment record needs --criterion and --approver', {
      exitCode: ExitCode.USAGE,
    });
  }
  return {
    criteria: [...criterion],
    approver: { id: approver },
    ...(version === undefined ? {} : { version }),
    ...(link === undefined ? {} : { links: [...link] }),
  };
}

/** `aftertrace containments [ID]` */
export async function listContainments(
  id: string | undefined,
  options: { readonly data?: string; readonly json: boolean },
  output: Output,
): Promise<ExitCode> {
  const client = await connect(options.data);
  if (id !== undefined) {
    const progress = valueOf(await client.waitEffective(id, { timeoutMillis: 0 }));
    output.out(options.json ? JSON.stringify(progress) : describeContainment(progress));
    return ExitCode.OK;
  }
  const all = valueOf(await client.containments());
  if (options.json) output.out(JSON.stringify(all));
  else if (all.length === 0) output.out('nothing is contained');
  else output.out(renderTable(HEADINGS, all.map(toRow)));
  return ExitCode.OK;
}

const HEADINGS = ['CONTAINMENT', 'KIND', 'SCOPE', 'STATE', 'IN FORCE IN', 'UNTIL (UTC)', 'REASON'];

function toRow({ containment, state, sealed }: ContainmentProgress): readonly string[] {
  return [
    containment.id,
    containment.drill ? `${containment.kind} (drill)` : containment.kind,
    scopeText(containment),
    sealed ? state : `${state}, NOT SEALED`,
    `${containment.effective.length} processes`,
    containment.expiresAt?.slice(0, 19).replace('T', ' ') ?? '',
    containment.reason,
  ];
}

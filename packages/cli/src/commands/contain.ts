import type { ContainmentProgress, ContainmentState } from '@aftertrace/control';
import type { Containment, ContainmentInput } from '@aftertrace/schema';

import { requireActor } from '../actor.ts';
import { connect, valueOf } from '../connect.ts';
import { ExitCode } from '../exit-code.ts';
import type { Output } from '../terminal/output.ts';
import { sanitize } from '../terminal/sanitize.ts';
import { renderTable } from '../terminal/table.ts';

/** What `aftertrace revoke` and `aftertrace kill` were asked. */
export interface ContainOptions {
  readonly kind: 'revoke' | 'kill';
  /** A tool for `revoke`, an agent for `kill`. */
  readonly target: string;
  readonly agent?: string;
  readonly ttl?: number;
  readonly actor?: string;
  readonly reason: string;
  readonly shadow: boolean;
  readonly drill: boolean;
  /** The companion that has this directory open. */
  readonly data?: string;
  /** Longest wait in milliseconds; absent: do not wait. */
  readonly wait?: number;
  readonly json: boolean;
}

/** Orders a containment, and with `--wait` says since when it is in force in each process. */
export async function contain(options: ContainOptions, output: Output): Promise<ExitCode> {
  const input = toInput(options);
  const client = await connect(options.data);
  let progress = valueOf(await client.contain(input));
  if (options.wait !== undefined) {
    const { id } = progress.containment;
    progress = valueOf(await client.waitEffective(id, { timeoutMillis: options.wait }));
  }
  output.out(options.json ? JSON.stringify(progress) : describe(progress));
  if (options.wait === undefined) return ExitCode.OK;
  return progress.state === 'effective' ? ExitCode.OK : ExitCode.NOT_EFFECTIVE;
}

function toInput(options: ContainOptions): ContainmentInput {
  const { kind, target, agent } = options;
  return {
    kind,
    scope:
      kind === 'kill'
        ? { agent: target }
        : { tool: target, ...(agent === undefined ? {} : { agent }) },
    mode: options.shadow ? 'shadow' : 'enforce',
    reason: options.reason,
    actor: requireActor(options.actor),
    drill: options.drill,
    ...(options.ttl === undefined ? {} : { ttlMillis: options.ttl }),
  };
}

const STATE_TEXT: Readonly<Record<ContainmentState, string>> = {
  waiting: 'ordered; processes have not all acknowledged yet',
  effective: 'in force in every live process',
  unreachable: 'NOT in force everywhere: some processes do not answer',
  no_live_instance:
    'ordered, but no process with a guard is connected: nothing proves that it stops anything',
  released: 'released',
  expired: 'expired',
};

function describe({ containment, state, pending }: ContainmentProgress): string {
  const lines = [
    `${containment.id}: ${containment.kind} ${scopeText(containment)}, ${STATE_TEXT[state]}`,
    `  until ${containment.expiresAt ?? 'released'}${containment.mode === 'shadow' ? ', in shadow: it stops nothing' : ''}`,
    ...containment.effective.map(
      ({ instance, at, aborted }) =>
        `  in force in ${instance} since ${at}${aborted > 0 ? `, ${aborted} calls aborted` : ''}`,
    ),
    ...pending.map((instance) => `  waiting for ${instance}`),
    ...containment.unreachable.map((instance) => `  unreachable: ${instance}`),
  ];
  return lines.map((line) => sanitize(line, 300)).join('\n');
}

function scopeText({ scope }: Containment): string {
  if (scope === 'global') return 'everything';
  return Object.entries(scope)
    .map(([key, value]) => `${key} ${value}`)
    .join(', ');
}

/** `aftertrace release ID` */
export async function release(
  id: string,
  options: {
    readonly actor?: string;
    readonly reason: string;
    readonly data?: string;
    readonly json: boolean;
  },
  output: Output,
): Promise<ExitCode> {
  const actor = requireActor(options.actor);
  const client = await connect(options.data);
  const progress = valueOf(await client.release(id, { actor, reason: options.reason }));
  output.out(options.json ? JSON.stringify(progress) : describe(progress));
  return ExitCode.OK;
}

/** `aftertrace containments` */
export async function listContainments(
  options: { readonly data?: string; readonly json: boolean },
  output: Output,
): Promise<ExitCode> {
  const client = await connect(options.data);
  const all = valueOf(await client.containments());
  if (options.json) {
    output.out(JSON.stringify(all));
  } else if (all.length === 0) {
    output.out('nothing is contained');
  } else {
    const rows = all.map(({ containment, state }) => [
      containment.id,
      containment.kind,
      scopeText(containment),
      state,
      `${containment.effective.length} processes`,
      containment.expiresAt?.slice(0, 19).replace('T', ' ') ?? '',
      containment.reason,
    ]);
    output.out(
      renderTable(
        ['CONTAINMENT', 'KIND', 'SCOPE', 'STATE', 'IN FORCE IN', 'UNTIL (UTC)', 'REASON'],
        rows,
      ),
    );
  }
  return ExitCode.OK;
}

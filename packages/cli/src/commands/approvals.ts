import { readFile } from 'node:fs/promises';

import type { Approval } from '@aftertrace/schema';

import { requireActor } from '../actor.ts';
import { connect, valueOf } from '../connect.ts';
import { CommandError, ExitCode } from '../exit-code.ts';
import type { Output } from '../terminal/output.ts';
import { sanitize } from '../terminal/sanitize.ts';
import { renderTable } from '../terminal/table.ts';

/** `aftertrace approvals`: calls that wait for a person, with what they would be called with. */
export async function listApprovals(
  options: { readonly all: boolean; readonly data?: string; readonly json: boolean },
  output: Output,
): Promise<ExitCode> {
  const client = await connect(options.data);
  const approvals = valueOf(await client.approvals(options.all ? {} : { state: 'pending' }));
  if (options.json) {
    output.out(JSON.stringify(approvals));
  } else if (approvals.length === 0) {
    output.out(options.all ? 'nothing was escalated' : 'nothing waits for a person');
  } else {
    output.out(
      renderTable(
        ['APPROVAL', 'STATE', 'AGENT', 'TOOL', 'ARGUMENTS', 'UNTIL (UTC)'],
        approvals.map(row),
        { maxColumnChars: 80 },
      ),
    );
  }
  return ExitCode.OK;
}

function row({ request, state }: Approval): string[] {
  const args = JSON.stringify(request.arguments) ?? '';
  return [
    request.id,
    state,
    request.agent,
    request.tool,
    args,
    request.expiresAt.slice(0, 19).replace('T', ' '),
  ];
}

/** `aftertrace approve|reject ID`: a person's answer, once, with identity and reason. */
export async function answerApproval(
  input: {
    readonly id: string;
    readonly decision: 'approve' | 'reject';
    /** JSON, or `@` and the name of a file that holds it: let the call run with these instead. */
    readonly arguments?: string;
    readonly actor?: string;
    readonly reason: string;
    readonly data?: string;
    readonly json: boolean;
  },
  output: Output,
): Promise<ExitCode> {
  const actor = requireActor(input.actor);
  const client = await connect(input.data);
  const { id, reason } = input;
  const changed = input.arguments === undefined ? undefined : await readArguments(input.arguments);
  const decision = changed === undefined ? input.decision : 'modify';
  const override = valueOf(await client.answer(id, { decision, actor, reason, ...changed }));
  output.out(
    input.json
      ? JSON.stringify(override)
      : `${sanitize(id)}: ${decision} by ${sanitize(actor.id)}, recorded as ${override.id}`,
  );
  return ExitCode.OK;
}

async function readArguments(given: string): Promise<{ readonly arguments: unknown }> {
  try {
    const text = given.startsWith('@') ? await readFile(given.slice(1), 'utf8') : given;
    return { arguments: JSON.parse(text) as unknown };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new CommandError(`--arguments needs JSON, or @ and a file that holds it: ${why}`, {
      exitCode: ExitCode.USAGE,
      cause: error,
    });
  }
}

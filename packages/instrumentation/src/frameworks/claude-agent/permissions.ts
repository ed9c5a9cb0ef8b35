import type { FrameworkAnswer } from '../../guard/tool-call.ts';
import type { Runtime } from '../../runtime.ts';
import type { CallUnderWay } from './calls.ts';
import { nameOf, textOf } from './read.ts';
import { isSame, type Session } from './session.ts';
import { PACKAGE } from './targets.ts';
import type { CanUseTool, PermissionOptions, PermissionResult } from './types.ts';

/** With it the model asks its user something: an answer to that is no permission. */
const QUESTION_TOOL = 'AskUserQuestion';

/**
 * The application's own permission function: what it answers is recorded as a person's act. Policy has decided before; what
 * it made of the arguments is what the application sees, whatever Claude Code did with it, and what a person changes is
 * judged again.
 */
export function withRecordedAnswers(
  runtime: Runtime,
  session: Session,
  canUseTool: CanUseTool,
): CanUseTool {
  return async (tool, input, options) => {
    const found = await callOf(session, { tool, input, options });
    if (found === undefined) return canUseTool(tool, input, options);
    if (found.kind === 'refused') return { behavior: 'deny', message: found.message };
    const { call } = found;
    const args = call.cleared.arguments as Readonly<Record<string, unknown>>;
    const given = isSame(args, call.cleared.call.arguments) ? input : args;
    const { approver, reason, ...result } = await canUseTool(tool, given, options);
    const { behavior, updatedInput } = result;
    const after = updatedInput ?? given;
    const refusal =
      tool === QUESTION_TOOL
        ? undefined
        : runtime.guard.answer(call.cleared, {
            answer: {
              framework: PACKAGE,
              approvalId: textOf(options.toolUseID) ?? 'unknown',
              approved: behavior === 'allow',
              edited: isSame(after, given) ? undefined : { before: given },
              reason: textOf(reason) ?? textOf(result.message),
              actor: actorOf(approver),
            },
            arguments: after,
            into: call.late,
          });
    if (behavior !== 'allow') {
      call.ended('denied', 'guard.human');
      return result;
    }
    if (refusal !== undefined) {
      call.ended(
        'denied',
        refusal.rule === 'guard.policy' ? 'guard.policy' : 'guard.unnamed_approval',
      );
      return { behavior: 'deny', message: refusal.error.message };
    }
    return given === input ? result : { ...result, updatedInput: after };
  };
}

interface Question {
  readonly tool: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly options: PermissionOptions;
}

type Found =
  | { readonly kind: 'runs'; readonly call: CallUnderWay }
  | { readonly kind: 'refused'; readonly message: string }
  | undefined;

/** The call that the question is about; where no hook was asked about it, it is judged now. */
async function callOf(session: Session, { tool, input, options }: Question): Promise<Found> {
  const toolUseId = textOf(options.toolUseID);
  if (toolUseId === undefined) return undefined;
  const call = session.call(toolUseId);
  if (call !== undefined) return { kind: 'runs', call };
  const agentId = textOf(options.agentID);
  const begun = await session.propose({
    tool: nameOf(tool) ?? 'unknown',
    toolUseId,
    input,
    agentId,
    agentType: undefined,
  });
  return begun.kind === 'runs' ? begun : { kind: 'refused', message: begun.refusal.error.message };
}

function actorOf(approver: PermissionResult['approver']): FrameworkAnswer['actor'] {
  const fields = typeof approver === 'object' && approver !== null ? approver : { id: approver };
  const { id, name, role } = fields as { id?: unknown; name?: unknown; role?: unknown };
  const actor = textOf(id);
  return actor === undefined ? undefined : { id: actor, name: textOf(name), role: textOf(role) };
}

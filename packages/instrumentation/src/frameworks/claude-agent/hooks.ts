import type { Runtime } from '../../runtime.ts';
import { isSame, NOTHING, type Proposal, type Session } from './session.ts';
import { nameOf, textOf } from './read.ts';
import type { Hook, HookInput, HookMatcher, HookOutput, Options } from './types.ts';

/** Long enough for a person to answer: when it is over, Claude Code goes on without an answer. */
const HOOK_TIMEOUT_SECONDS = 86_400;

/** The application's hooks and ours after them; Claude Code asks all of them at once, and the strictest answer stands. */
export function withHooks(
  runtime: Runtime,
  session: Session,
  options: Options,
): NonNullable<Options['hooks']> {
  const ours: Readonly<Record<string, (input: HookInput) => HookOutput | Promise<HookOutput>>> = {
    PreToolUse: (input) => before(session, options, input),
    PostToolUse: (input) => afterResult(session, input),
    PostToolUseFailure: (input) => afterFailure(session, input),
    SubagentStart: (input) => {
      session.subagentStarted(input);
      return NOTHING;
    },
    SubagentStop: (input) => {
      session.subagentStopped(input);
      return NOTHING;
    },
  };
  const merged: Record<string, readonly HookMatcher[] | undefined> = { ...options.hooks };
  for (const [event, hook] of Object.entries(ours)) {
    const safe: Hook = async (input) => {
      try {
        return await hook(input);
      } catch (error) {
        return refuseAfterFault(runtime, event, error);
      }
    };
    merged[event] = [...(merged[event] ?? []), { hooks: [safe], timeout: HOOK_TIMEOUT_SECONDS }];
  }
  return merged;
}

/** A fault of ours before a call: what cannot be decided does not run. */
function refuseAfterFault(runtime: Runtime, event: string, error: unknown): HookOutput {
  runtime.diagnostics.count('claude_agent.hook_error');
  runtime.diagnostics.warnOnce(`claude_agent.${event}`, `a hook failed: ${String(error)}`);
  return event === 'PreToolUse' ? denied('The call could not be judged.') : NOTHING;
}

async function before(session: Session, options: Options, input: HookInput): Promise<HookOutput> {
  const proposal: Proposal = {
    tool: nameOf(input.tool_name) ?? 'unknown',
    toolUseId: textOf(input.tool_use_id),
    input: input.tool_input,
    agentId: textOf(input.agent_id),
    agentType: nameOf(input.agent_type),
  };
  const begun = await session.propose(proposal);
  if (begun.kind === 'refused') return denied(begun.refusal.error.message);
  const { arguments: args } = begun.call.cleared;
  if (isSame(args, input.tool_input)) return NOTHING;
  return {
    hookSpecificOutput: {
      hookEventName: 'PreToolUse',
      permissionDecision: isAllowedAnyway(options, input) ? 'allow' : 'ask',
      permissionDecisionReason: 'A policy changed the arguments of this call.',
      updatedInput: args,
    },
  };
}

/**
 * Claude Code takes other arguments only together with a decision, and `allow` skips its permissions: it is given where they
 * would not have asked either. Elsewhere they ask, with the changed arguments.
 */
function isAllowedAnyway(options: Options, input: HookInput): boolean {
  if (input.permission_mode === 'bypassPermissions') return true;
  return options.allowedTools?.includes(input.tool_name) ?? false;
}

async function afterResult(session: Session, input: HookInput): Promise<HookOutput> {
  const call = session.takeCall(input.tool_use_id);
  if (call === undefined) return NOTHING;
  const result = input.tool_response;
  let delivered: unknown;
  try {
    delivered = await call.returned(result);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { decision: 'block', reason, ...replaced(input, reason) };
  }
  return isSame(delivered, result) ? NOTHING : replaced(input, delivered);
}

/** Versions differ in which of the two they take: the first for every tool, the other for those of MCP servers. */
function replaced(input: HookInput, output: unknown): HookOutput {
  const isMcp = String(input.tool_name).startsWith('mcp__');
  return {
    hookSpecificOutput: {
      hookEventName: 'PostToolUse',
      updatedToolOutput: output,
      ...(isMcp ? { updatedMCPToolOutput: output } : {}),
    },
  };
}

function afterFailure(session: Session, input: HookInput): HookOutput {
  const call = session.takeCall(input.tool_use_id);
  if (input.is_interrupt === true) call?.ended('cancelled', 'framework.interrupted');
  else call?.failed(new ToolError(String(input.error)));
  return NOTHING;
}

/** What a tool of Claude Code failed with. */
class ToolError extends Error {
  override readonly name = 'ToolError';
}

/** The answer that stops a call; the model is told why, and goes on. */
export function denied(reason: string): HookOutput {
  return {
    hookSpecificOutput: {
      hookEventName: 'PreToolUse',
      permissionDecision: 'deny',
      permissionDecisionReason: reason,
    },
  };
}

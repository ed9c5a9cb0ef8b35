import { isDeepStrictEqual } from 'node:util';

import {
  applyResultChanges,
  decide,
  decideResult,
  describeCall,
  type PolicyDecision,
  type ProposedCall,
} from '@aftertrace/policy';

import type { ClaudeCodeInput } from './claude-code-input.ts';
import type { Rules } from './find-rules.ts';

/** What Claude Code is told, and what is put on record. */
export interface HookAnswer {
  /** For standard output; undefined: nothing is said, and Claude Code's own permissions hold. */
  readonly output: object | undefined;
  readonly decision: PolicyDecision;
  readonly call: ProposedCall;
}

/** Decides about a call, or about the result of one. */
export function answerHook(
  input: ClaudeCodeInput,
  rules: Rules,
  about: { readonly agent: string; readonly nowMillis: number },
): HookAnswer {
  const { policy, containments } = rules;
  const { nowMillis } = about;
  const callOf = (agent: string): ProposedCall =>
    describeCall(policy, {
      agent,
      tool: input.tool_name,
      arguments: input.tool_input,
      conversation: input.session_id,
      run: input.session_id,
    });
  const call = callOf(input.agent_type ?? about.agent);
  // A sub-agent ends with the agent that it works for.
  const ends = containments.filter(({ kind }) => kind === 'kill' || kind === 'retire');
  const outer = decide({ containments: ends, call: callOf(about.agent), nowMillis });
  const decision =
    outer.action === 'block' ? outer : decide({ policy, containments, call, nowMillis });
  if (input.hook_event_name === 'PreToolUse') {
    return { output: beforeOutput(input, decision), decision, call };
  }
  const result = input.tool_response;
  const after = decideResult({ policy, call, result, nowMillis });
  return { output: afterOutput(result, [decision, after]), decision: after, call };
}

function beforeOutput(input: ClaudeCodeInput, decision: PolicyDecision): object | undefined {
  const { action, reason, rule } = decision;
  const why = reason ?? `rule ${rule ?? 'unknown'}`;
  switch (action) {
    case 'block':
    case 'quarantine':
      return permission('deny', why);
    case 'escalate':
      return permission('ask', why, decision.arguments?.value);
    case 'redact':
    case 'transform': {
      const args = decision.arguments?.value;
      if (args === undefined || isDeepStrictEqual(args, input.tool_input)) return undefined;
      // It takes other arguments only together with a decision, and `allow` skips its permissions.
      const skipsThem = input.permission_mode === 'bypassPermissions';
      return permission(skipsThem ? 'allow' : 'ask', why, args);
    }
    case 'allow':
    case 'flag':
      return undefined;
  }
}

function permission(
  permissionDecision: 'allow' | 'ask' | 'deny',
  permissionDecisionReason: string,
  updatedInput?: unknown,
): object {
  return {
    hookSpecificOutput: {
      hookEventName: 'PreToolUse',
      permissionDecision,
      permissionDecisionReason,
      ...(updatedInput === undefined ? {} : { updatedInput }),
    },
  };
}

function afterOutput(result: unknown, decisions: readonly PolicyDecision[]): object | undefined {
  const after = decisions.at(-1);
  if (after?.action === 'block' || after?.action === 'quarantine') {
    const reason = after.reason ?? 'The result was withheld.';
    return { decision: 'block', reason, ...replaced(reason) };
  }
  const changes = decisions.flatMap(({ resultRedactions }) => resultRedactions);
  if (changes.length === 0) return undefined;
  const value = applyResultChanges(result, changes);
  return isDeepStrictEqual(value, result) ? undefined : replaced(value);
}

function replaced(updatedToolOutput: unknown): object {
  return { hookSpecificOutput: { hookEventName: 'PostToolUse', updatedToolOutput } };
}

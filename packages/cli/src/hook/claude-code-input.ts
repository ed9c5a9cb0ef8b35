import { z } from 'zod';

/** What Claude Code writes to a hook's standard input, as far as it is read here. */
export const ClaudeCodeInput = z.object({
  hook_event_name: z.enum(['PreToolUse', 'PostToolUse']),
  session_id: z.string().min(1),
  tool_name: z.string().min(1),
  tool_input: z.unknown(),
  tool_use_id: z.string().optional(),
  tool_response: z.unknown().optional(),
  permission_mode: z.string().optional(),
  /** Of a sub-agent. */
  agent_type: z.string().optional(),
});
export type ClaudeCodeInput = z.infer<typeof ClaudeCodeInput>;

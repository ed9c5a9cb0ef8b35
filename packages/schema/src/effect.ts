import { z } from 'zod';

import { ReversibilityClass } from './policy-bundle.ts';
import { Timestamp } from './time.ts';

/** What a call did outside its agent, by a tool that says how far its calls can be undone. Calls that only read have none. */
export const Effect = z.strictObject({
  id: z.string().min(1),
  /** When the tool had done it, by the clock of its process. */
  at: Timestamp,
  agent: z.string().min(1),
  tool: z.string().min(1),
  reversibility: ReversibilityClass,
  /** The process knows how to undo it, and has handed over what that takes. */
  compensable: z.boolean(),
  /** Of the call: {agent, tool, arguments, run}. */
  actionDigest: z.string(),
  run: z.string(),
  conversation: z.string().optional(),
  toolCallId: z.string().optional(),
  traceId: z.string().optional(),
  spanId: z.string().optional(),
});
export type Effect = z.infer<typeof Effect>;

/** An effect as its process reports it: with what the tool was called with and what it returned, where it is compensable. */
export const EffectReport = z.strictObject({
  ...Effect.shape,
  arguments: z.unknown().optional(),
  result: z.unknown().optional(),
});
export type EffectReport = z.infer<typeof EffectReport>;

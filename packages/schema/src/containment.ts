import { z } from 'zod';

import { Actor } from './actor.ts';
import { RuleMode } from './decision.ts';
import { Timestamp } from './time.ts';

export const ContainmentKind = z.enum(['kill', 'revoke', 'quarantine', 'retire']);
export type ContainmentKind = z.infer<typeof ContainmentKind>;

/** What a process names of the work that it stopped; the count beside it is of all. */
export const MAX_STOPPED_WORK = 50;

/** What a containment covers. Fields add up (logical and); values are exact, never patterns. */
export const ContainmentScope = z.union([
  z.literal('global'),
  z
    .strictObject({
      tenant: z.string().min(1).optional(),
      agent: z.string().min(1).optional(),
      agentVersion: z.string().min(1).optional(),
      conversation: z.string().min(1).optional(),
      run: z.string().min(1).optional(),
      tool: z.string().min(1).optional(),
      capability: z.string().min(1).optional(),
    })
    .refine((scope) => Object.values(scope).some((value) => value !== undefined), {
      message: 'an empty scope would match everything; write "global" if that is meant',
    }),
]);
export type ContainmentScope = z.infer<typeof ContainmentScope>;

/** One thing that a process stopped when a containment arrived. */
export const StoppedWork = z.strictObject({
  /** `tool`: a call under way. `run`: an agent that was between calls, or talking to its model. */
  what: z.enum(['tool', 'run']),
  agent: z.string(),
  run: z.string().optional(),
  /** With `tool`. */
  tool: z.string().optional(),
});
export type StoppedWork = z.infer<typeof StoppedWork>;

/** Proof that one process has it in force. */
export const ContainmentEffect = z.strictObject({
  instance: z.string(),
  /** Since when, by the clock of that process. */
  at: Timestamp,
  /** Tool calls and runs that were under way and were aborted. */
  aborted: z.int().nonnegative(),
  /** What they were; the first of them where there are many. */
  stopped: z.array(StoppedWork).max(MAX_STOPPED_WORK).optional(),
  /** When the proof had come, by the clock of the companion: time to stop is measured by one clock. */
  provenAt: Timestamp.optional(),
});
export type ContainmentEffect = z.infer<typeof ContainmentEffect>;

/** Why a retired agent may work again: what was asked for and is fulfilled, and who says so. */
export const RedeploymentRecord = z.strictObject({
  /** Each a sentence. */
  criteria: z.array(z.string().trim().min(1)).min(1).max(50),
  /** Who approves that it works again; `assurance` is that of whoever lifted the retirement if it is the same person. */
  approver: Actor,
  /** The version that is deployed again. */
  version: z.string().min(1).optional(),
  /** Where it can be read: a change, a test report. */
  links: z.array(z.string().min(1)).max(50).optional(),
});
export type RedeploymentRecord = z.infer<typeof RedeploymentRecord>;

/** A standing order. A call is stopped while any applies; nothing inside an agent process can release one. */
export const Containment = z.strictObject({
  id: z.string(),
  kind: ContainmentKind,
  scope: ContainmentScope,
  mode: RuleMode,
  reason: z.string().trim().min(1),
  actor: Actor,
  requestedAt: Timestamp,
  /** Absent: until released. `retire` never has one. */
  expiresAt: Timestamp.optional(),
  drill: z.boolean(),
  inFlight: z.enum(['abort', 'finish']),
  effective: z.array(ContainmentEffect),
  /** Instances with a live guard at the time of the request that have not acknowledged. */
  unreachable: z.array(z.string()),
  /** The plan that ordered it; `actor` is then the plan, in the name of who switched it on. */
  plan: z.strictObject({ id: z.string().min(1), switchedOnBy: Actor }).optional(),
  /** The first step of its release: since then it stops nothing and records what it would have stopped. */
  staged: z
    .strictObject({
      actor: Actor,
      reason: z.string().trim().min(1),
      at: Timestamp,
      redeployment: RedeploymentRecord.optional(),
    })
    .optional(),
  released: z
    .strictObject({
      actor: Actor,
      reason: z.string().trim().min(1),
      at: Timestamp,
      /** With `retire`, which nothing else lifts. */
      redeployment: RedeploymentRecord.optional(),
    })
    .optional(),
});
export type Containment = z.infer<typeof Containment>;

import { AsyncLocalStorage } from 'node:async_hooks';

import type { LoopDetector } from '@aftertrace/detection';
import type * as api from '@opentelemetry/api';

import type { Halt } from '../guard/halt.ts';
import type { Settled } from '../guard/judge.ts';

/** Who acts, as far as it is known. Facts of an outer agent hold for inner ones unless these say otherwise. */
export interface AgentIdentity {
  /** `gen_ai.agent.name`; what policies and containments match. */
  readonly name: string;
  readonly version?: string | undefined;
  /** `gen_ai.conversation.id`, only where the application has one. */
  readonly conversationId?: string | undefined;
  readonly tenant?: string | undefined;
  /** `user.id`: on whose behalf the agent acts. */
  readonly onBehalfOf?: string | undefined;
  /** Digest, or any other version, of the instructions; where it is not given, an adapter that sees them makes one. */
  readonly promptDigest?: string | undefined;
  /** Digest, or any other version, of the set of tools. */
  readonly toolsDigest?: string | undefined;
  /** Version of what the agent remembers. */
  readonly memoryVersion?: string | undefined;
}

/** What an adapter has seen of an invocation; grows while it runs. */
export interface SeenVersions {
  /** The model that was asked for. */
  model?: string;
  /** Of the instructions. */
  promptDigest?: string;
  /** Of the tools that the model was offered last. */
  toolsDigest?: string;
}

/** One agent invocation, from its topmost agent span to its end. Its numbers grow while it runs. */
export interface Run {
  readonly id: string;
  readonly agent: AgentIdentity;
  /** Milliseconds since the Unix epoch. */
  readonly startedAtMillis: number;
  steps: number;
  toolCalls: number;
  inputTokens: number;
  outputTokens: number;
  /** What the application said about the run, by `setRunOutcome`. */
  explicit?: ExplicitOutcome;
  /** The containment that stopped it. */
  terminatedBy?: string;
  /** Its id was given: it goes on under it after a restart of its process. */
  readonly resumable?: true;
  /** Sees the run go in circles; made with its first tool call. Its memory does not grow with the run. */
  loops?: LoopDetector;
  /** Told when the run is over, each once: what waits for something of it waits no longer. */
  onEnd?: (() => void)[];
}

/** What an application says about its own run. */
export interface ExplicitOutcome {
  readonly outcome: 'success' | 'failure';
  /** One sentence for a person, without message content. */
  readonly reason?: string | undefined;
}

/** A tool call that is being judged further out; the same call seen again further in passes. */
export interface ActiveToolCall {
  readonly tool: string;
  readonly arguments: unknown;
  readonly toolCallId: string | undefined;
  /** Attributes for the call's own span, from inside the tool (an override that the application records). */
  setAttributes(attributes: Readonly<Record<string, unknown>>): void;
  /**
   * What an adapter further in saw of this same call. A framework may have turned what the tool threw, or an MCP server's
   * `isError`, into a text that looks like a result: the one further in knows better.
   */
  sawInside?(settled: Settled): void;
}

/** Where the code stands: which run, which agent of it, in which tool call. */
export interface Scope {
  readonly run: Run;
  readonly agent: AgentIdentity;
  readonly toolCall?: ActiveToolCall | undefined;
  readonly versions?: SeenVersions | undefined;
  /** What this invocation has done so far, without what its sub-agents do; absent where no agent is known. */
  readonly counts?: InvocationCounts | undefined;
  /** `withAgent` opened this agent's span: a framework's invocation of the same agent right inside is part of it. */
  readonly explicit?: boolean | undefined;
  /** The way to stop this agent's invocation; absent where nobody governs this process. */
  readonly halt?: Halt | undefined;
  /**
   * npm package whose adapter judges every tool call of this invocation: a model boundary inside it leaves them alone, and
   * sees to the provider's own tools only. Not so inside a tool (`toolCall`), where the application may loop by itself.
   */
  readonly framework?: string | undefined;
  /** The model call that is made now has its `chat` span already. */
  readonly modelCall?: true | undefined;
  /** Context of the agent's span where it is not the active one: agents that hand over to each other in one loop. */
  readonly context?: api.Context | undefined;
}

/** Counts of one invocation of an agent; grow while it runs. */
export interface InvocationCounts {
  inferenceCalls: number;
  /** That were made: not those that were refused, or that a pause has put off. */
  toolCalls: number;
}

/** Of an invocation that begins. */
export function newCounts(): InvocationCounts {
  return { inferenceCalls: 0, toolCalls: 0 };
}

/** A call of a model begins, which is a step of the run; one that is told further out already counts there. */
export function countModelCall({
  run,
  counts,
  modelCall,
}: Pick<Scope, 'run' | 'counts' | 'modelCall'>): void {
  if (modelCall === true) return;
  run.steps += 1;
  if (counts !== undefined) counts.inferenceCalls += 1;
}

/** Tokens that the provider counted; those of a call that is told further out count there. */
export function countTokens(
  { run, modelCall }: Scope,
  used: { readonly inputTokens?: number | undefined; readonly outputTokens?: number | undefined },
): void {
  if (modelCall === true) return;
  run.inputTokens += used.inputTokens ?? 0;
  run.outputTokens += used.outputTokens ?? 0;
}

/** Carries the scope through asynchronous code, whether or not an OpenTelemetry SDK is there. */
export type ScopeStorage = AsyncLocalStorage<Scope>;

/** A storage of its own, for one runtime. */
export function createScopeStorage(): ScopeStorage {
  return new AsyncLocalStorage<Scope>();
}

/** What is known about an inner agent: its own facts, then those of the agent around it. */
export function inheritIdentity(outer: AgentIdentity, own: Partial<AgentIdentity>): AgentIdentity {
  const sameAgent = own.name === undefined || own.name === outer.name;
  return {
    name: own.name ?? outer.name,
    version: own.version ?? (sameAgent ? outer.version : undefined),
    conversationId: own.conversationId ?? outer.conversationId,
    tenant: own.tenant ?? outer.tenant,
    onBehalfOf: own.onBehalfOf ?? outer.onBehalfOf,
    promptDigest: own.promptDigest ?? (sameAgent ? outer.promptDigest : undefined),
    toolsDigest: own.toolsDigest ?? (sameAgent ? outer.toolsDigest : undefined),
    memoryVersion: own.memoryVersion ?? (sameAgent ? outer.memoryVersion : undefined),
  };
}

/** Longest id that an application may give a run. */
export const MAX_RUN_ID_CHARS = 200;

/** Is it fit to be the id of a run? */
export function isRunId(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= MAX_RUN_ID_CHARS;
}

/** A run that goes on under an id that the application keeps. */
export function resumableRun(id: string, agent: AgentIdentity, startedAtMillis: number): Run {
  return { ...newRun(id, agent, startedAtMillis), resumable: true };
}

/** A new run; `id` is minted by the caller. */
export function newRun(id: string, agent: AgentIdentity, startedAtMillis: number): Run {
  return { id, agent, startedAtMillis, steps: 0, toolCalls: 0, inputTokens: 0, outputTokens: 0 };
}

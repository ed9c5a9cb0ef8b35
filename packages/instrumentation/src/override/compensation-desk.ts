import type { CompensationOrder } from '@aftertrace/schema';
import * as api from '@opentelemetry/api';

import type { Evidence } from '../control/link.ts';
import type { Diagnostics } from '../diagnostics.ts';
import { judge } from '../guard/judge.ts';
import type { ToolDescription, ToolRegistry } from '../guard/tool-registry.ts';
import { errorType } from '../spans/error-type.ts';
import { newRun } from '../spans/scope.ts';
import { emitOverride } from './override-attributes.ts';

/** Undoes calls that a person has ordered to be undone. */
export interface CompensationDesk {
  /** Resolves when what became of it has been handed over. Never rejects; an order is carried out once. */
  readonly carryOut: (order: CompensationOrder) => Promise<void>;
}

/** What the desk works with. */
export interface CompensationDeskOptions {
  readonly instance: string;
  readonly tools: ToolRegistry;
  readonly now: () => number;
  readonly diagnostics: Diagnostics;
  readonly prove: (evidence: Evidence) => void;
}

/** Orders that are remembered, so that one which comes again is not carried out again. */
const MAX_REMEMBERED = 10_000;

type Status = 'succeeded' | 'failed' | 'not_executed';

interface Undone {
  readonly status: Status;
  readonly detail?: string;
}

/** It acts for the person who gave the order, outside any run: neither rules nor containments of the agent apply to it. */
export function createCompensationDesk(options: CompensationDeskOptions): CompensationDesk {
  const { instance, now, diagnostics, prove } = options;
  const seen = new Set<string>();
  return {
    carryOut: async (order) => {
      const { override } = order;
      if (order.instance !== instance || seen.has(override.id)) return;
      seen.add(override.id);
      const [oldest] = seen;
      if (seen.size > MAX_REMEMBERED && oldest !== undefined) seen.delete(oldest);
      const { status, detail } = await undo(options, order);
      const at = new Date(now()).toISOString();
      const data = {
        override: override.id,
        status,
        at,
        ...(detail === undefined ? {} : { detail }),
      };
      prove({ type: 'override.outcome', data });
      diagnostics.protect('compensation.event', () => tell(options, order, status), undefined);
    },
  };
}

async function undo(options: CompensationDeskOptions, order: CompensationOrder): Promise<Undone> {
  const { tools, now } = options;
  const { effect, override } = order;
  const compensate = tools.get(effect.tool)?.compensate;
  if (compensate === undefined) {
    return { status: 'not_executed', detail: 'this process does not know how to undo the tool' };
  }
  const leftMillis = Date.parse(override.expiresAt ?? '') - now();
  if (leftMillis <= 0) return { status: 'not_executed', detail: 'the order came after its time' };
  return compensated(options, order, { compensate, leftMillis });
}

interface Attempted {
  readonly compensate: NonNullable<ToolDescription['compensate']>;
  readonly leftMillis: number;
}

/** Judged as any call of a tool is. */
async function compensated(
  { diagnostics }: CompensationDeskOptions,
  order: CompensationOrder,
  { compensate, leftMillis }: Attempted,
): Promise<Undone> {
  const { effect, override } = order;
  const stop = new AbortController();
  const timer = Number.isFinite(leftMillis)
    ? setTimeout(() => stop.abort(), Math.min(leftMillis, MAX_TIMER_MILLIS)).unref()
    : undefined;
  const call = {
    tool: effect.tool,
    arguments: order.arguments,
    result: order.result,
    agent: effect.agent,
    run: effect.run,
    conversation: effect.conversation,
    toolCallId: effect.toolCallId,
    reason: override.reason,
    signal: stop.signal,
  };
  try {
    const value: unknown = await api.context.with(api.ROOT_CONTEXT, () => compensate(call));
    const { outcome, class: what } = judge({
      tool: effect.tool,
      arguments: order.arguments,
      settled: { kind: 'returned', value },
      cancelled: false,
      captureContent: false,
      profiles: undefined,
      diagnostics,
    });
    if (outcome !== 'failed') return { status: 'succeeded' };
    return { status: 'failed', detail: `undoing it failed: ${what ?? 'other'}` };
  } catch (error) {
    // The message may hold content of the call; its type does not.
    return { status: 'failed', detail: `undoing it threw ${errorType(error)}` };
  } finally {
    clearTimeout(timer);
  }
}

const MAX_TIMER_MILLIS = 2_147_483_647;

function tell(options: CompensationDeskOptions, order: CompensationOrder, status: Status): void {
  const { effect, override } = order;
  const agent = { name: effect.agent, conversationId: effect.conversation };
  const scope = { run: newRun(effect.run, agent, options.now()), agent };
  const { instance } = options;
  const { tool, toolCallId } = effect;
  emitOverride(override, status, { scope, instance, context: api.ROOT_CONTEXT, tool, toolCallId });
}

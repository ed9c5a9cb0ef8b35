import type { Finding } from '@aftertrace/schema';

import type { BuiltRun } from '../trajectory/build-trajectory.ts';
import type { FindingContext } from './findings.ts';

/** What a span says is to be told, once it is known of which agent. */
export interface HeldFindings {
  /** Where the span was seen; its `agent` is a guess, by the name of the service. */
  readonly context: FindingContext;
  readonly make: (context: FindingContext) => readonly Finding[];
  /** Milliseconds of the pipeline's clock. */
  readonly heldAt: number;
}

/**
 * Findings of spans that do not name their agent: OpenInference, for one, says it on the agent's own span alone, which
 * ends last. Told at once they would be of the service, and the same failure told by a guard of another process, which
 * knows its agent, would be another incident. They wait for their run, and for {@link HELD_MILLIS} at most.
 */
export interface FindingWaitingRoom {
  /** @returns what has to go to make room */
  hold(held: HeldFindings): readonly Finding[];
  /** A run was put together: what was held of its calls, with the agent of the run. */
  ofRun(run: BuiltRun): readonly Finding[];
  /** What has waited for long enough, of the only agent that the service is known to have, else of the service. */
  due(at: number): readonly Finding[];
}

/** A run that takes longer than this has its failures told before it ends. */
export const HELD_MILLIS = 30_000;
const MOST_HELD = 10_000;
const MOST_SERVICES = 1000;

export function createFindingWaitingRoom(): FindingWaitingRoom {
  return new WaitingRoom();
}

class WaitingRoom implements FindingWaitingRoom {
  /** By span, the oldest first. */
  readonly #held = new Map<string, HeldFindings>();
  /** Their keys by trace: a run may have as many traces as calls. */
  readonly #byTrace = new Map<string, Set<string>>();
  /** By service; two are as good as many. */
  readonly #agents = new Map<string, Set<string>>();

  hold(held: HeldFindings): readonly Finding[] {
    const { traceId, spanId } = held.context;
    const key = keyOf(traceId, spanId);
    // It came again; the first waits already.
    if (this.#held.has(key)) return [];
    this.#held.set(key, held);
    const ofTrace = this.#byTrace.get(traceId ?? '') ?? new Set();
    this.#byTrace.set(traceId ?? '', ofTrace.add(key));
    const [oldest] = this.#held.keys();
    return this.#held.size > MOST_HELD && oldest !== undefined ? this.#guess(oldest) : [];
  }

  ofRun({
    calls,
    description: { agentName: agent, service, traceIds },
  }: BuiltRun): readonly Finding[] {
    this.#learn(agent, service?.name);
    if (this.#held.size === 0) return [];
    const spanIds = new Set(calls.map(({ spanId }) => spanId));
    return traceIds
      .flatMap((traceId) => [...(this.#byTrace.get(traceId) ?? [])])
      .filter((key) => spanIds.has(this.#held.get(key)?.context.spanId))
      .flatMap((key) => this.#release(key, agent));
  }

  due(at: number): readonly Finding[] {
    const due: string[] = [];
    for (const [key, { heldAt }] of this.#held) {
      if (at - heldAt < HELD_MILLIS) break;
      due.push(key);
    }
    return due.flatMap((key) => this.#guess(key));
  }

  #guess(key: string): readonly Finding[] {
    const service = this.#held.get(key)?.context.agent ?? '';
    const [agent = service, ...others] = this.#agents.get(service) ?? [];
    return this.#release(key, others.length === 0 ? agent : service);
  }

  #release(key: string, agent: string): readonly Finding[] {
    const held = this.#held.get(key);
    if (held === undefined) return [];
    this.#held.delete(key);
    const { traceId = '' } = held.context;
    const ofTrace = this.#byTrace.get(traceId);
    ofTrace?.delete(key);
    if (ofTrace?.size === 0) this.#byTrace.delete(traceId);
    return held.make({ ...held.context, agent });
  }

  #learn(agent: string, service: string | undefined): void {
    if (service === undefined || agent === service) return;
    const known = this.#agents.get(service) ?? new Set();
    if (known.size < 2) known.add(agent);
    this.#agents.set(service, known);
    const [oldest] = this.#agents.keys();
    if (this.#agents.size > MOST_SERVICES && oldest !== undefined) this.#agents.delete(oldest);
  }
}

function keyOf(traceId: string | undefined, spanId: string | undefined): string {
  return `${traceId ?? ''} ${spanId ?? ''}`;
}

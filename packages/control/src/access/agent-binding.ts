import { refuse, type ControlProblem } from '../control-problem.ts';
import type { ControlModel } from '../control-model.ts';
import type { InstanceRegistry } from '../instance-registry.ts';
import type { Caller } from './caller.ts';

/** For whom a request speaks. */
export interface Speech {
  /** The process; empty: it names none. */
  readonly instance: string;
  /** The agent that speaks. */
  readonly agent: string;
  /** Facts about agents that it hands over. */
  readonly records?: readonly Readonly<Record<string, unknown>>[];
}

/** What is known of agents and processes. */
export interface KnownAgents {
  readonly registry: Pick<InstanceRegistry, 'get'>;
  readonly model: Pick<ControlModel, 'overrides'>;
}

/**
 * Why the holder of a token may not say this, where the token is bound to agents: it speaks for those only, in processes that
 * hold no others, and of what these did. Undefined: it may.
 */
export function speechProblem(
  known: KnownAgents,
  { agents: bound }: Caller,
  { instance, agent, records = [] }: Speech,
): { readonly ok: false; readonly error: ControlProblem } | undefined {
  if (bound === undefined) return undefined;
  const named = [agent, ...records.flatMap((record) => agentOf(known, record))];
  const stranger = named.find((name) => !bound.includes(name));
  if (stranger !== undefined) {
    return refuse(
      'forbidden_agent',
      `This token is bound to ${bound.join(', ')}; it does not speak for ${JSON.stringify(stranger.slice(0, 100))}. AFTERTRACE_AGENT names the agents of a process that nothing else names.`,
    );
  }
  const others = [...(known.registry.get(instance)?.agents ?? [])];
  if (others.every((name) => bound.includes(name))) return undefined;
  return refuse(
    'forbidden_agent',
    `This token is bound to ${bound.join(', ')}, and that process holds other agents.`,
  );
}

/** The agent that a record of evidence is about; of an outcome, that of the act whose outcome it is. */
function agentOf(
  { model }: KnownAgents,
  { data }: Readonly<Record<string, unknown>>,
): readonly string[] {
  if (typeof data !== 'object' || data === null) return [];
  const { agent, override } = data as { readonly agent?: unknown; readonly override?: unknown };
  const known = typeof override === 'string' ? model.overrides.get(override)?.agent : undefined;
  return [agent, known].filter((name) => typeof name === 'string');
}

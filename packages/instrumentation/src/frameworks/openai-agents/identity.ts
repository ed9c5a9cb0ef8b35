import type { AgentIdentity } from '../../spans/scope.ts';
import type { FrameworkAnswer } from '../../guard/tool-call.ts';
import type { Agent, RunContext, Runner, RunOptions } from './types.ts';

/**
 * What a run says about its agent: the name is the agent's; the conversation is `conversationId` of the run's options, of its
 * context, or the runner's `groupId`; tenant and person come from the context where they are texts.
 */
export function identityOf(
  agent: Agent | undefined,
  options: RunOptions | undefined,
  runner: Runner,
): Partial<AgentIdentity> {
  const context = applicationContext(options?.context);
  return {
    ...named('name', text(agent?.name)),
    ...named(
      'conversationId',
      text(options?.conversationId) ??
        text(context['conversationId']) ??
        text(runner.config?.groupId),
    ),
    ...named('tenant', text(context['tenant'])),
    ...named('onBehalfOf', text(context['onBehalfOf'])),
  };
}

/** The application's own object: what it gave the run, or what stands in the `RunContext` that it gave. */
export function applicationContext(context: unknown): Readonly<Record<string, unknown>> {
  const given = fieldsOf(context);
  const inner = given['context'];
  return typeof given['isToolApproved'] === 'function' ? fieldsOf(inner) : given;
}

/** `context.approver`: an id, or `{id, name?, role?, reason?}`. OpenAI Agents itself does not know who answers. */
export function approverOf(
  runContext: RunContext | undefined,
): Pick<FrameworkAnswer, 'actor' | 'reason'> {
  const given = applicationContext(runContext)['approver'];
  const { id: ownId, name, role, reason } = fieldsOf(given);
  const id = text(given) ?? text(ownId);
  if (id === undefined) return { actor: undefined, reason: undefined };
  return {
    actor: { id, name: text(name), role: text(role) },
    reason: text(reason),
  };
}

/** A text that says something. */
export function text(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value : undefined;
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
    ? (value as Readonly<Record<string, unknown>>)
    : {};
}

function named(key: keyof AgentIdentity, value: string | undefined): Partial<AgentIdentity> {
  return value === undefined ? {} : { [key]: value };
}

import type { Actor } from '@aftertrace/schema';

import type { Caller } from '../access/caller.ts';
import { refuse, type ControlResult } from '../control-problem.ts';
import type { Exchange } from './route.ts';
import { sendJson } from './send.ts';

/** Runs an action on a body that was read, and sends what became of it. */
export async function answer<I, O>(
  exchange: Exchange,
  input: ControlResult<I>,
  action: (input: I) => Promise<ControlResult<O>>,
  toAnswer: (value: O) => readonly [status: number, body?: unknown],
): Promise<void> {
  const claimed = input.ok ? claimedIn(input.value) : {};
  const result = input.ok
    ? (actorProblem(exchange.caller, claimed) ?? (await action(input.value)))
    : input;
  if (!result.ok) {
    const named = result.error.code === 'forbidden_agent' ? agentIn(input) : claimed.id;
    return exchange.refuse(result.error, named);
  }
  const [status, body] = toAnswer(result.value);
  if (body === undefined) exchange.response.writeHead(status).end();
  else sendJson(exchange.response, status, body);
}

/** Sends what there is, or why not. */
export async function send(
  exchange: Exchange,
  result: ControlResult<unknown>,
  status: number,
): Promise<void> {
  if (result.ok) sendJson(exchange.response, status, result.value);
  else await exchange.refuse(result.error);
}

/** Who acts, as the body of a request says. */
interface ActorInput {
  readonly id: string;
  readonly name?: string | undefined;
  readonly role?: string | undefined;
}

/**
 * Who acts. Who holds the token has been verified; that it is this person in this role has been said by who holds it, unless
 * the token is bound to the person: then `answer` has refused everybody else, and the role is what the token says.
 */
export function toActor({ id, name, role: claimed }: ActorInput, caller: Caller): Actor {
  const { tokenId, identity, title } = caller;
  const role = identity === id ? title : claimed;
  return {
    kind: 'human',
    id,
    assurance: 'token',
    tokenId,
    ...(name === undefined ? {} : { name }),
    ...(role === undefined ? {} : { role }),
  };
}

/** What a body names as who acts. Bodies of agents name nobody. */
function claimedIn(body: unknown): Partial<ActorInput> {
  const actor: unknown = Object(body) === body ? (body as { actor?: unknown }).actor : undefined;
  const { id, role } = (Object(actor) === actor ? actor : {}) as Record<keyof ActorInput, unknown>;
  return {
    ...(typeof id === 'string' ? { id } : {}),
    ...(typeof role === 'string' ? { role } : {}),
  };
}

/** The agent that a body speaks for. */
function agentIn(input: ControlResult<unknown>): string | undefined {
  const agent: unknown = input.ok ? (input.value as { agent?: unknown }).agent : undefined;
  return typeof agent === 'string' ? agent : undefined;
}

function actorProblem(
  { identity, title }: Caller,
  { id, role }: Partial<ActorInput>,
): ReturnType<typeof refuse> | undefined {
  if (identity === undefined || id === undefined) return undefined;
  if (id !== identity) {
    const message = `This token is bound to ${identity}; nobody else acts with it.`;
    return refuse('forbidden_actor', message);
  }
  if (role === undefined || role === title) return undefined;
  const known = title === undefined ? 'says nothing of a role' : `says ${title}`;
  return refuse(
    'forbidden_actor',
    `This token is bound to ${identity} and ${known}: nobody acts as ${role} with it. An administrator makes one: aftertrace token create --for ${identity} --title ${role}.`,
  );
}

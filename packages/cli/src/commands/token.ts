import type { AccessRole, AccessToken, IssuedToken } from '@aftertrace/schema';

import { requireActor } from '../actor.ts';
import { connect, valueOf } from '../connect.ts';
import { ExitCode } from '../exit-code.ts';
import type { Output } from '../terminal/output.ts';
import { sanitize } from '../terminal/sanitize.ts';
import { renderTable } from '../terminal/table.ts';

/** What every order about a token needs. */
interface TokenOrder {
  readonly actor?: string;
  readonly reason: string;
  /** The companion that has this directory open. */
  readonly data?: string;
  readonly json: boolean;
}

/** What `aftertrace token create` was asked. */
export interface CreateTokenOptions extends TokenOrder {
  readonly role: AccessRole;
  readonly name: string;
  /** The only person that its holder may act as. */
  readonly for?: string;
  /** What that person is, as rules name approvers. */
  readonly title?: string;
  /** The only agents that its holder speaks for. */
  readonly agent?: readonly string[];
  /** In milliseconds; absent: until it is revoked. */
  readonly ttl?: number;
}

/** `aftertrace token create`: the secret goes to standard output and nowhere else, once. */
export async function createToken(options: CreateTokenOptions, output: Output): Promise<ExitCode> {
  const { role, name, ttl, reason, data, for: identity, title, agent: agents } = options;
  const actor = requireActor(options.actor);
  const client = await connect(data);
  const issued = valueOf(
    await client.createToken({
      role,
      name,
      ...(identity === undefined ? {} : { identity }),
      ...(title === undefined ? {} : { title }),
      ...(agents === undefined ? {} : { agents: [...agents] }),
      ...(ttl === undefined ? {} : { ttlMillis: ttl }),
      actor,
      reason,
    }),
  );
  tell(issued, options, output);
  return ExitCode.OK;
}

/** `aftertrace token rotate ID` */
export async function rotateToken(
  id: string,
  options: TokenOrder & { readonly grace?: number; readonly ttl?: number },
  output: Output,
): Promise<ExitCode> {
  const { reason, grace, ttl, data } = options;
  const actor = requireActor(options.actor);
  const client = await connect(data);
  const issued = valueOf(
    await client.rotateToken(id, {
      ...(grace === undefined ? {} : { graceMillis: grace }),
      ...(ttl === undefined ? {} : { ttlMillis: ttl }),
      actor,
      reason,
    }),
  );
  tell(issued, options, output);
  return ExitCode.OK;
}

/** The secret alone on standard output, so that a script can put it where it belongs; what it is on standard error. */
function tell(issued: IssuedToken, { json }: TokenOrder, output: Output): void {
  if (json) {
    output.out(JSON.stringify(issued));
    return;
  }
  const { id, role, identity, title, agents, expiresAt, olderUntil } = issued.token;
  const facts = [
    `${id}: role ${role}`,
    ...(identity === undefined ? [] : [`acts as ${identity}${inBrackets(title)} only`]),
    ...(agents === undefined ? [] : [`speaks for ${agents.join(', ')} only`]),
    `valid until ${expiresAt ?? 'revoked'}`,
    ...(olderUntil === undefined ? [] : [`the secret of before is taken until ${olderUntil}`]),
  ];
  output.err(
    `${sanitize(facts.join(', '), 500)}\nIts secret is shown this once; only a hash of it is kept:`,
  );
  output.out(issued.secret);
}

/** `aftertrace token revoke ID` */
export async function revokeToken(
  id: string,
  options: TokenOrder,
  output: Output,
): Promise<ExitCode> {
  const actor = requireActor(options.actor);
  const client = await connect(options.data);
  const token = valueOf(await client.revokeToken(id, { actor, reason: options.reason }));
  output.out(
    options.json ? JSON.stringify(token) : `${sanitize(id)} is revoked; it lets nobody in`,
  );
  return ExitCode.OK;
}

/** `aftertrace token list` */
export async function listTokens(
  options: { readonly data?: string; readonly json: boolean },
  output: Output,
): Promise<ExitCode> {
  const client = await connect(options.data);
  const tokens = valueOf(await client.tokens());
  output.out(
    options.json
      ? JSON.stringify(tokens)
      : renderTable(
          ['TOKEN', 'ROLE', 'STATE', 'NAME', 'ONLY AS', 'UNTIL (UTC)', 'LAST USED (UTC)'],
          tokens.map(row),
        ),
  );
  return ExitCode.OK;
}

function row(token: AccessToken): string[] {
  const { id, role, state, name, identity, title, agents, expiresAt, lastUsedAt } = token;
  const person = identity === undefined ? undefined : `${identity}${inBrackets(title)}`;
  const only = person ?? agents?.join(', ') ?? '';
  return [id, role, state, name, only, minute(expiresAt), minute(lastUsedAt)];
}

function minute(timestamp: string | undefined): string {
  return timestamp?.slice(0, 16).replace('T', ' ') ?? '';
}

function inBrackets(title: string | undefined): string {
  return title === undefined ? '' : ` (${title})`;
}

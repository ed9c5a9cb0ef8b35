import type { IncomingMessage, ServerResponse } from 'node:http';

import {
  IncidentNoteInput,
  IncidentState,
  IncidentTransitionInput,
  Severity,
  type Actor,
  type Assurance,
  type Incident,
} from '@aftertrace/schema';
import { z } from 'zod';

import { INCIDENTS_PATH } from './incidents-path.ts';
import type { ChangeResult, Incidents } from './incidents.ts';

const MAX_BODY_BYTES = 64 * 1024;

interface ApiContext {
  readonly incidents: Pick<Incidents, 'list' | 'get' | 'transition' | 'note'>;
  readonly assurance: Assurance;
  /** Who was let in, where that is known. */
  readonly caller?: IncidentsCaller | undefined;
}

/** Whoever was let in, by what they came with. */
export interface IncidentsCaller {
  readonly tokenId: string;
  /** The only person that they may act as; absent: they say who acts. */
  readonly identity?: string;
  /** The only role that this person acts in; absent with an identity: none. */
  readonly title?: string;
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** `GET /incidents/v1` takes these as its query; lists are comma-separated. */
const ListQuery = z.strictObject({
  state: z
    .string()
    .transform((value) => value.split(','))
    .pipe(z.array(IncidentState))
    .optional(),
  severity: z
    .string()
    .transform((value) => value.split(','))
    .pipe(z.array(Severity))
    .optional(),
  agent: z.string().optional(),
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
});

/** Answers a request under `/incidents/v1`; `false`: it is not one. Never throws for what a client sends. */
export async function handleIncidentsRequest(
  context: ApiContext,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<boolean> {
  const url = URL.parse(request.url ?? '/', 'http://localhost');
  if (url === null) return false;
  if (url.pathname !== INCIDENTS_PATH && !url.pathname.startsWith(`${INCIDENTS_PATH}/`)) {
    return false;
  }
  const answer = await answerTo(context, request, url);
  const text = JSON.stringify(answer.body);
  response.writeHead(answer.status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': String(Buffer.byteLength(text)),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...answer.headers,
  });
  response.end(text);
  return true;
}

async function answerTo(context: ApiContext, request: IncomingMessage, url: URL): Promise<Answer> {
  const [id, action, ...more] = pathParts(url);
  if (more.length > 0 || id === '') return problem(404, 'not_found', 'no such path');
  if (action === undefined) {
    if (request.method !== 'GET') return wrongMethod('GET');
    return id === undefined ? list(context, url) : one(context, id);
  }
  if (action !== 'transitions' && action !== 'notes') {
    return problem(404, 'not_found', 'an incident has /transitions and /notes');
  }
  if (request.method !== 'POST') return wrongMethod('POST');
  const body = await readJson(request);
  if ('status' in body) return body;
  return action === 'transitions'
    ? transition(context, id ?? '', body.value)
    : note(context, id ?? '', body.value);
}

function pathParts(url: URL): readonly string[] {
  const rest = url.pathname.slice(INCIDENTS_PATH.length + 1);
  return rest === '' ? [] : rest.split('/');
}

function list({ incidents }: ApiContext, url: URL): Answer {
  const query = ListQuery.safeParse(Object.fromEntries(url.searchParams));
  if (!query.success) return invalid(query.error);
  const { state: states, severity: severities, agent, limit } = query.data;
  const found = incidents.list({ states, severities, agent, limit });
  return { status: 200, body: { incidents: found.map(summaryOf) } };
}

/** Without the two parts that grow without end. */
function summaryOf(incident: Incident): Omit<Incident, 'events' | 'evidence'> {
  const { events: _events, evidence: _evidence, ...summary } = incident;
  return summary;
}

function one({ incidents }: ApiContext, id: string): Answer {
  const incident = incidents.get(id);
  return incident === undefined
    ? problem(404, 'not_found', 'there is no such incident')
    : { status: 200, body: incident };
}

async function transition(context: ApiContext, id: string, body: unknown): Promise<Answer> {
  const input = IncidentTransitionInput.safeParse(body);
  if (!input.success) return invalid(input.error);
  const { actor, ...request } = input.data;
  // A signature is an act, too: it stands in the review under that name.
  const stranger =
    notThemselves(context, actor) ??
    (request.signOff === undefined
      ? undefined
      : notThemselves(context, { id: request.signOff.by }));
  if (stranger !== undefined) return stranger;
  return changed(
    await context.incidents.transition(id, { ...request, actor: actorOf(context, actor) }),
  );
}

async function note(context: ApiContext, id: string, body: unknown): Promise<Answer> {
  const input = IncidentNoteInput.safeParse(body);
  if (!input.success) return invalid(input.error);
  const { actor, text } = input.data;
  const stranger = notThemselves(context, actor);
  if (stranger !== undefined) return stranger;
  return changed(await context.incidents.note(id, { actor: actorOf(context, actor), text }));
}

/** Who holds a token that is bound to a person acts as nobody else, and in no other role. */
function notThemselves(
  { caller }: ApiContext,
  claimed: Pick<Actor, 'id' | 'role'>,
): Answer | undefined {
  const { identity, title } = caller ?? {};
  if (identity === undefined) return undefined;
  if (identity !== claimed.id) {
    const message = `this token is bound to ${identity}; nobody else acts with it`;
    return problem(403, 'forbidden_actor', message);
  }
  if (claimed.role === undefined || claimed.role === title) return undefined;
  const known = title === undefined ? 'says nothing of a role' : `says ${title}`;
  const message = `this token is bound to ${identity} and ${known}: nobody acts as ${claimed.role} with it`;
  return problem(403, 'forbidden_actor', message);
}

function actorOf(
  { assurance, caller }: ApiContext,
  actor: Omit<Actor, 'kind' | 'assurance'>,
): Actor {
  const whose = caller === undefined ? {} : { tokenId: caller.tokenId };
  const title = caller?.identity === undefined ? undefined : caller.title;
  const role = title === undefined ? {} : { role: title };
  return { kind: 'human', ...actor, assurance, ...role, ...whose };
}

function changed(result: ChangeResult): Answer {
  if (result.ok) return { status: 200, body: summaryOf(result.incident) };
  const status = result.code === 'not_found' ? 404 : result.code === 'not_allowed' ? 409 : 422;
  return problem(status, result.code, result.message);
}

function problem(status: number, code: string, message: string): Answer {
  return { status, body: { error: { code, message } } };
}

function wrongMethod(allow: string): Answer {
  return {
    ...problem(405, 'wrong_method', `this path takes ${allow}`),
    headers: { allow },
  };
}

function invalid(error: z.ZodError): Answer {
  const issues = error.issues.map(({ path, message }) =>
    path.length === 0 ? message : `${path.join('.')}: ${message}`,
  );
  return problem(400, 'invalid', issues.join('; '));
}

async function readJson(request: IncomingMessage): Promise<{ readonly value: unknown } | Answer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    // The connection must outlive a body that is not read to its end, or the answer would not arrive.
    const body: AsyncIterable<Buffer> = request.iterator({ destroyOnReturn: false });
    for await (const chunk of body) {
      bytes += chunk.length;
      if (bytes > MAX_BODY_BYTES) {
        return {
          ...problem(413, 'too_large', `a body holds at most ${MAX_BODY_BYTES} bytes`),
          headers: { connection: 'close' },
        };
      }
      chunks.push(chunk);
    }
    return { value: JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown };
  } catch {
    return problem(400, 'invalid', 'the body is not JSON');
  }
}

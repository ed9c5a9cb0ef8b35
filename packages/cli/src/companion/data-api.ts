import type { IncomingMessage, ServerResponse } from 'node:http';

import { isExporterError } from '@aftertrace/exporter';
import type { z } from 'zod';

import type { Log } from '../terminal/progress-log.ts';
import type { DataActions } from './data-actions.ts';
import { CompactRequest, DataPath, EraseRequest, HoldRequest } from './data-requests.ts';
import type { CompactionJob } from './compaction-job.ts';

const MAX_BODY_BYTES = 64 * 1024;

/** An answer: status and JSON. */
type Answer = readonly [status: number, body: unknown];

/** @param identity The only person that who was let in may act as; absent: they say who acts. */
export type AnswerData = (
  request: IncomingMessage,
  response: ServerResponse,
  identity?: string,
) => Promise<boolean>;

/** Answers what is under `/data/v1/` and resolves with true; with false for everything else. To be called behind the gate. */
export function createDataApi(
  actions: DataActions,
  compaction: CompactionJob,
  log: Log,
): AnswerData {
  return async (request, response, identity) => {
    const path = request.url?.split('?', 1)[0] ?? '/';
    if (!PATHS.has(path)) return false;
    let answer: Answer;
    try {
      answer =
        path === DataPath.COMPACT
          ? await answerCompaction(compaction, request)
          : await answerTo(actions, path, { request, identity });
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      log('error', `${path}: ${message}`);
      answer = problem(isExporterError(error) ? 409 : 500, message);
    }
    const [status, body] = answer;
    response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
    response.end(JSON.stringify(body));
    return true;
  };
}

function notThemselves(identity: string | undefined, by: string): Answer | undefined {
  if (identity === undefined || identity === by) return undefined;
  return problem(403, `this token is bound to ${identity}; nobody else acts with it`);
}

const PATHS: ReadonlySet<string> = new Set(Object.values(DataPath));

async function answerCompaction(job: CompactionJob, request: IncomingMessage): Promise<Answer> {
  if (request.method !== 'POST') return problem(405, 'send a POST');
  const text = await readText(request);
  if (text === undefined) return problem(413, `at most ${MAX_BODY_BYTES} bytes are read`);
  const parsed = parse(CompactRequest, text);
  if (!parsed.ok) return problem(400, parsed.message);
  const status = job.ask(parsed.value);
  if (status === 'unknown') return problem(404, 'no compaction has this id');
  if (status === 'busy') {
    const goesOn = parsed.value.dryRun ? 'a compaction goes on' : 'somebody tries one (--dry-run)';
    return problem(409, `${goesOn}; ask again when it is done`);
  }
  return [200, status];
}

function problem(status: number, message: string): Answer {
  return [status, { error: { code: 'refused', message } }];
}

async function answerTo(
  actions: DataActions,
  path: string,
  {
    request,
    identity,
  }: { readonly request: IncomingMessage; readonly identity: string | undefined },
): Promise<Answer> {
  const isHolds = path === DataPath.HOLDS;
  if (isHolds && request.method === 'GET') return [200, { holds: await actions.holds() }];
  if (request.method !== 'POST') return problem(405, 'send a POST');
  const text = await readText(request);
  if (text === undefined) return problem(413, `at most ${MAX_BODY_BYTES} bytes are read`);
  if (!isHolds) {
    const parsed = parse(EraseRequest, text);
    if (!parsed.ok) return problem(400, parsed.message);
    return notThemselves(identity, parsed.value.by) ?? [200, await actions.erase(parsed.value)];
  }
  const parsed = parse(HoldRequest, text);
  if (!parsed.ok) return problem(400, parsed.message);
  const stranger = notThemselves(identity, parsed.value.by);
  if (stranger !== undefined) return stranger;
  const hold = await actions.hold(parsed.value);
  return hold === undefined ? problem(404, 'no hold in force has this id') : [200, { hold }];
}

async function readText(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly message: string };

function parse<T>(schema: z.ZodType<T>, text: string): Parsed<T> {
  try {
    const result = schema.safeParse(JSON.parse(text));
    if (result.success) return { ok: true, value: result.data };
    const problems = result.error.issues.map(
      ({ path, message }) => `${path.join('.') || 'body'}: ${message}`,
    );
    return { ok: false, message: problems.join('; ') };
  } catch {
    return { ok: false, message: 'the body is not JSON' };
  }
}

import type { IncomingMessage } from 'node:http';

import type { z } from 'zod';

import { refuse, succeed, type ControlResult, type FieldProblem } from '../control-problem.ts';

/** The largest body that is read. */
export const MAX_BODY_BYTES = 1024 * 1024;
/** Deeper nesting is refused: no tool has it, and recursion over it would end the process. */
const MAX_DEPTH = 100;

/** Reads a JSON body and checks it; says everything that is wrong with it at once. */
export async function readJson<T>(
  request: IncomingMessage,
  schema: z.ZodType<T>,
  { maxBodyBytes = MAX_BODY_BYTES }: { readonly maxBodyBytes?: number } = {},
): Promise<ControlResult<T>> {
  const type = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/json' || request.headers['content-encoding'] !== undefined) {
    return refuse('unsupported_media_type', 'Send plain JSON with content-type: application/json.');
  }
  const body = await readBody(request, maxBodyBytes);
  if (!body.ok) return body;
  let value: unknown;
  try {
    value = JSON.parse(body.value);
  } catch (error) {
    return refuse('invalid_request', `The body is not JSON: ${message(error)}.`);
  }
  if (isDeeperThan(value, MAX_DEPTH)) {
    return refuse('invalid_request', `The body is nested more than ${MAX_DEPTH} levels deep.`);
  }
  const parsed = schema.safeParse(wellFormed(value));
  if (parsed.success) return succeed(parsed.data);
  const problems = parsed.error.issues.map(toFieldProblem);
  const first = problems.map(({ path, message }) => `${path || 'body'}: ${message}`).join('; ');
  return refuse('invalid_request', `The request is not valid: ${first}.`, problems);
}

async function readBody(
  request: IncomingMessage,
  maxBodyBytes: number,
): Promise<ControlResult<string>> {
  const tooLarge = refuse('too_large', `The body has more than ${maxBodyBytes} bytes.`);
  if (Number(request.headers['content-length'] ?? 0) > maxBodyBytes) return tooLarge;
  const chunks: Buffer[] = [];
  let bytes = 0;
  // Not destroyed when it is left: the answer goes over the same socket.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBodyBytes) return tooLarge;
    chunks.push(chunk);
  }
  return succeed(Buffer.concat(chunks).toString('utf8'));
}

function isDeeperThan(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (depth === 0) return true;
  return Object.values(value).some((child) => isDeeperThan(child, depth - 1));
}

/** Half surrogate pairs have no canonical form (RFC 8785); they become U+FFFD, so that no agent can write what cannot be sealed. */
function wellFormed(value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed();
  if (Array.isArray(value)) return value.map(wellFormed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, child]) => [key.toWellFormed(), wellFormed(child)]),
  );
}

function toFieldProblem(issue: z.core.$ZodIssue): FieldProblem {
  const keys = issue.code === 'unrecognized_keys' ? ` (${issue.keys.join(', ')})` : '';
  return {
    path: issue.path.map(String).join('.'),
    message: `${issue.message}${keys}`.slice(0, 300),
  };
}

function message(error: unknown): string {
  return error instanceof Error ? error.message.slice(0, 200) : 'unknown';
}

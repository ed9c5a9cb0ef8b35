import type { FailureClass } from '@aftertrace/schema';

/** How much of a message is looked at, in UTF-16 units. */
const MAX_MESSAGE_CHARS = 400;

/** Words by which messages tell what went wrong; the first that is found counts. No pattern backtracks. */
const MESSAGE_CLASSES: readonly (readonly [FailureClass, RegExp])[] = [
  [
    'unknown_tool',
    /unknown (?:tool|function)|no such tool|tool .{0,60}not found|unavailable tool/i,
  ],
  ['rate_limited', /rate.?limit|too many requests|quota exceeded|\b429\b/i],
  ['timeout', /timed? ?out|deadline exceeded|ETIMEDOUT/i],
  [
    'unauthenticated',
    /unauthori[sz]ed|bad credentials|unauthenticated|authentication (?:failed|required)|not logged in|invalid (?:api.?key|token|credentials)|\b401\b/i,
  ],
  [
    'permission_denied',
    /permission denied|access (?:is )?denied|forbidden|not (?:allowed|permitted)|EACCES|EPERM|\b403\b/i,
  ],
  [
    'not_found',
    /not found|no such [a-z]|no longer exists?|does(?: not|n't) exist|could ?n[o']t (?:be found|find)|unable to (?:find|locate)|NoSuchKey|ENOENT|\b404\b/i,
  ],
  [
    'unavailable',
    /ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|EPIPE|unavailable|connection (?:refused|reset|error|closed)|fetch failed|network error|\b50[234]\b/i,
  ],
  ['conflict', /already exists|conflict|duplicate key|EEXIST|\b409\b/i],
  [
    'invalid_arguments',
    /invalid (?:argument|parameter|input|request|value|type)|validation|is required|missing (?:required|argument|parameter)|must be|required propert|syntax error|\b4(?:00|22)\b/i,
  ],
  ['not_applied', /not applied|no changes? (?:made|applied)|could not apply|did not match/i],
  ['crash', /traceback|segmentation fault|core dumped|panicked|out of memory|killed\b/i],
  ['internal', /internal (?:server )?error|\b500\b/i],
];

/** What went wrong, by the words of a message; `other` where no word is known. */
export function classOfMessage(message: string | undefined): FailureClass {
  if (message === undefined) return 'other';
  const head = message.slice(0, MAX_MESSAGE_CHARS);
  for (const [failureClass, pattern] of MESSAGE_CLASSES) {
    if (pattern.test(head)) return failureClass;
  }
  return 'other';
}

const HTTP_CLASSES: ReadonlyMap<number, FailureClass> = new Map([
  [400, 'invalid_arguments'],
  [401, 'unauthenticated'],
  [403, 'permission_denied'],
  [404, 'not_found'],
  [405, 'invalid_arguments'],
  [407, 'unauthenticated'],
  [408, 'timeout'],
  [409, 'conflict'],
  [410, 'not_found'],
  [412, 'conflict'],
  [413, 'invalid_arguments'],
  [415, 'invalid_arguments'],
  [422, 'invalid_arguments'],
  [423, 'conflict'],
  [429, 'rate_limited'],
  [500, 'internal'],
  [502, 'unavailable'],
  [503, 'unavailable'],
  [504, 'timeout'],
]);

/** What an HTTP status of 400 or more says (RFC 9110, RFC 6585). */
export function classOfHttpStatus(status: number): FailureClass {
  return HTTP_CLASSES.get(status) ?? (status >= 500 ? 'internal' : 'other');
}

const EXIT_CLASSES: ReadonlyMap<number, FailureClass> = new Map([
  [124, 'timeout'],
  [126, 'permission_denied'],
  [127, 'not_found'],
  [134, 'crash'],
  [136, 'crash'],
  [137, 'crash'],
  [139, 'crash'],
]);

/** What an exit code other than 0 says by the conventions of shells (126, 127, 128 + signal) and of `timeout` (124). */
export function classOfExitCode(code: number, message: string | undefined): FailureClass {
  return EXIT_CLASSES.get(code) ?? classOfMessage(message);
}

const CODE_CLASSES: ReadonlyMap<string, FailureClass> = new Map([
  ['ENOENT', 'not_found'],
  ['ENOTDIR', 'not_found'],
  ['EISDIR', 'invalid_arguments'],
  ['EEXIST', 'conflict'],
  ['ENOTEMPTY', 'conflict'],
  ['EACCES', 'permission_denied'],
  ['EPERM', 'permission_denied'],
  ['EROFS', 'permission_denied'],
  ['ECONNREFUSED', 'unavailable'],
  ['ECONNRESET', 'unavailable'],
  ['ECONNABORTED', 'unavailable'],
  ['EHOSTUNREACH', 'unavailable'],
  ['ENETUNREACH', 'unavailable'],
  ['ENOTFOUND', 'unavailable'],
  ['EAI_AGAIN', 'unavailable'],
  ['EPIPE', 'unavailable'],
  ['EMFILE', 'unavailable'],
  ['ENOSPC', 'unavailable'],
  ['UND_ERR_SOCKET', 'unavailable'],
  ['EINVAL', 'invalid_arguments'],
  ['ERR_INVALID_ARG_TYPE', 'invalid_arguments'],
  ['ERR_INVALID_ARG_VALUE', 'invalid_arguments'],
  ['ERR_INVALID_URL', 'invalid_arguments'],
  // JSON-RPC 2.0 and the Model Context Protocol.
  ['-32700', 'invalid_arguments'],
  ['-32600', 'invalid_arguments'],
  ['-32601', 'unknown_tool'],
  ['-32602', 'invalid_arguments'],
  ['-32603', 'internal'],
  ['-32000', 'unavailable'],
  ['-32002', 'not_found'],
]);

/** What an error code of Node, of a socket or of JSON-RPC says; `undefined` where it is not known. */
export function classOfCode(code: string): FailureClass | undefined {
  return CODE_CLASSES.get(code);
}

const NAME_CLASSES: ReadonlyMap<string, FailureClass> = new Map([
  ['ZodError', 'invalid_arguments'],
  ['ValidationError', 'invalid_arguments'],
  ['InvalidToolInputError', 'invalid_arguments'],
  ['AI_InvalidToolInputError', 'invalid_arguments'],
  ['AI_TypeValidationError', 'invalid_arguments'],
  ['ToolInputParsingException', 'invalid_arguments'],
  ['NoSuchToolError', 'unknown_tool'],
  ['AI_NoSuchToolError', 'unknown_tool'],
  ['ModelBehaviorError', 'unknown_tool'],
  ['RateLimitError', 'rate_limited'],
  ['AuthenticationError', 'unauthenticated'],
  ['PermissionDeniedError', 'permission_denied'],
  ['NotFoundError', 'not_found'],
  ['ConflictError', 'conflict'],
  ['InternalServerError', 'internal'],
  ['APIConnectionError', 'unavailable'],
  ['FileNotFoundError', 'not_found'],
  ['FileExistsError', 'conflict'],
  ['PermissionError', 'permission_denied'],
  ['ConnectionError', 'unavailable'],
  ['ConnectionRefusedError', 'unavailable'],
  ['ConnectionResetError', 'unavailable'],
  ['TypeError', 'internal'],
  ['ReferenceError', 'internal'],
  ['RangeError', 'internal'],
  ['SyntaxError', 'internal'],
  ['AssertionError', 'internal'],
]);

/** What the name of an error class says; `undefined` where it is not known. */
export function classOfErrorName(name: string): FailureClass | undefined {
  return NAME_CLASSES.get(name);
}

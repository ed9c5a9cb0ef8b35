import type { FailureClass } from '@aftertrace/schema';

import {
  classOfCode,
  classOfErrorName,
  classOfExitCode,
  classOfHttpStatus,
  classOfMessage,
} from '../classify.ts';
import { integerOf, isObject, read } from '../read.ts';
import type { Rule, RuleHit } from '../rule.ts';

/** What is read of a thrown value and of its causes, outermost first. */
export interface ThrownLink {
  readonly name: string | undefined;
  readonly code: string | undefined;
  readonly httpStatus: number | undefined;
  readonly exitCode: number | undefined;
  readonly killed: boolean;
  readonly message: string | undefined;
}

/** A cause of a cause of a cause … beyond this is not looked at. */
const MAX_CAUSES = 5;

/** Reads a thrown value, which may be anything. */
export function readThrown(error: unknown): readonly ThrownLink[] {
  if (typeof error === 'string') return [{ ...NOTHING, message: error }];
  const chain: ThrownLink[] = [];
  for (let link = error; isObject(link) && chain.length < MAX_CAUSES; link = read(link, 'cause')) {
    chain.push(readLink(link));
  }
  return chain.length === 0 ? [NOTHING] : chain;
}

const NOTHING: ThrownLink = {
  name: undefined,
  code: undefined,
  httpStatus: undefined,
  exitCode: undefined,
  killed: false,
  message: undefined,
};

function readLink(link: object): ThrownLink {
  const code = read(link, 'code');
  const isProcess = read(link, 'stderr') !== undefined || read(link, 'cmd') !== undefined;
  return {
    name: simpleName(textOf(read(link, 'name')) ?? textOf(read(link, 'type'))),
    code: typeof code === 'number' ? String(code) : textOf(code),
    httpStatus: statusOf(link),
    exitCode: integerOf(read(link, 'exitCode')) ?? (isProcess ? integerOf(code) : undefined),
    killed: read(link, 'killed') === true,
    message: textOf(read(link, 'message')),
  };
}

function statusOf(link: object): number | undefined {
  const candidates = [
    read(link, 'status'),
    read(link, 'statusCode'),
    read(read(link, 'response'), 'status'),
    read(read(link, 'response'), 'statusCode'),
    // OpenTelemetry's `error.type` is the status where HTTP told it.
    read(link, 'name'),
  ];
  return candidates.map(integerOf).find((status) => {
    return status !== undefined && status >= 400 && status <= 599;
  });
}

/** `requests.exceptions.ReadTimeout` is `ReadTimeout`. */
function simpleName(name: string | undefined): string | undefined {
  return name === undefined || name.length > 200 ? name : name.slice(name.lastIndexOf('.') + 1);
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** `TimeoutError`, `ConnectTimeoutError`, `ReadTimeout`, `TimeoutExpired`, `timeout`. */
const TIMEOUT_NAME = /^[A-Za-z]{0,40}(?:Timeout|timeout)(?:Error|Exception|Expired)?$/;
const TIMEOUT_CODES: ReadonlySet<string> = new Set([
  'ETIMEDOUT',
  'ESOCKETTIMEDOUT',
  'ERR_TIMEOUT',
  'TIMEOUT_ERR',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  // Request timeout of the Model Context Protocol's SDKs.
  '-32001',
]);
const ABORT_NAMES: ReadonlySet<string> = new Set([
  'AbortError',
  'CanceledError',
  'CancelledError',
  'APIUserAbortError',
  'KeyboardInterrupt',
]);
const ABORT_CODES: ReadonlySet<string> = new Set(['ABORT_ERR', 'ERR_CANCELED', 'ERR_ABORTED']);

function failed(failureClass: FailureClass, channel: RuleHit['channel'] = 'thrown'): RuleHit {
  return {
    outcome: 'failed',
    certainty: 'certain',
    ...(channel === undefined ? {} : { channel }),
    class: failureClass,
  };
}

/** The first answer that a link of the chain gives. */
function fromChain<T>(
  chain: readonly ThrownLink[],
  find: (link: ThrownLink) => T | undefined,
): T | undefined {
  for (const link of chain) {
    const found = find(link);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Rules about what a tool threw, in the order in which they are asked. */
export const thrownRules: readonly Rule<readonly ThrownLink[]>[] = [
  {
    id: 'thrown.timeout',
    family: 'thrown',
    looksAt: 'name and code of the thrown error and its causes',
    description: 'A timeout by name or code. An abort whose cause is a timeout is a timeout.',
    judge: (chain) =>
      chain.some(
        ({ name, code }) =>
          (name !== undefined && TIMEOUT_NAME.test(name)) ||
          (code !== undefined && TIMEOUT_CODES.has(code)),
      )
        ? failed('timeout', 'timeout')
        : undefined,
  },
  {
    id: 'thrown.abort',
    family: 'thrown',
    looksAt: 'name and code of the thrown error and its causes',
    description: 'The call was aborted: cancelled, which is not a failure of the tool.',
    judge: (chain) =>
      chain.some(
        ({ name, code }) =>
          (name !== undefined && ABORT_NAMES.has(name)) ||
          (code !== undefined && ABORT_CODES.has(code)),
      )
        ? { outcome: 'cancelled', certainty: 'certain', channel: 'thrown' }
        : undefined,
  },
  {
    id: 'thrown.http_status',
    family: 'thrown',
    looksAt:
      'status, statusCode, response.status and a number as name of the thrown error and its causes',
    description: 'An HTTP status of 400 or more stands on the error.',
    judge: (chain) => {
      const status = fromChain(chain, (link) => link.httpStatus);
      return status === undefined ? undefined : failed(classOfHttpStatus(status));
    },
  },
  {
    id: 'thrown.code',
    family: 'thrown',
    looksAt: 'code of the thrown error and its causes',
    description: 'A code of Node, of a socket or of JSON-RPC that says what went wrong.',
    judge: (chain) => {
      const found = fromChain(chain, ({ code }) =>
        code === undefined ? undefined : classOfCode(code),
      );
      return found === undefined ? undefined : failed(found);
    },
  },
  {
    id: 'thrown.exit_code',
    family: 'thrown',
    looksAt: 'exitCode, or code beside stderr or cmd, of the thrown error',
    description: 'A program that was run ended with an exit code other than 0, or was killed.',
    judge: (chain) => {
      const link = chain.find(({ exitCode, killed }) => killed || (exitCode ?? 0) !== 0);
      if (link === undefined) return undefined;
      const code = link.exitCode;
      // Node kills a program that it runs when its time is up.
      if (code === undefined) return failed('timeout', 'exit_code');
      return failed(classOfExitCode(code, link.message), 'exit_code');
    },
  },
  {
    id: 'thrown.name',
    family: 'thrown',
    looksAt: 'name of the thrown error and its causes',
    description: 'The name of the error class says what went wrong.',
    judge: (chain) => {
      const found = fromChain(chain, ({ name, message }) => {
        const byName = name === undefined ? undefined : classOfErrorName(name);
        if (byName !== 'internal') return byName;
        // `TypeError: fetch failed` and its like say more in their message than in their name.
        const byMessage = classOfMessage(message);
        return byMessage === 'other' ? byName : byMessage;
      });
      return found === undefined ? undefined : failed(found);
    },
  },
  {
    id: 'thrown.other',
    family: 'thrown',
    looksAt: 'message of the thrown value',
    description: 'Something was thrown. What went wrong is taken from its message, else `other`.',
    judge: (chain) => {
      const found = fromChain(chain, ({ message }) => {
        const byMessage = classOfMessage(message);
        return byMessage === 'other' ? undefined : byMessage;
      });
      return failed(found ?? 'other');
    },
  },
];

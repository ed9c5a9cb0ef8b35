import { proposeCall } from '../../guard/propose-call.ts';
import type { Runtime } from '../../runtime.ts';
import { agentStream } from '../../spans/agent-stream.ts';
import type { AnyFunction } from '../framework.ts';
import { withHooks } from './hooks.ts';
import { withRecordedAnswers } from './permissions.ts';
import { Session } from './session.ts';
import type { Options, Query, QueryParams, SdkMessage, Warm } from './types.ts';

type StartQuery = (this: unknown, params: QueryParams, ...rest: unknown[]) => Query;

/** Wraps `query`: one run, whose tools Claude Code asks us about through hooks that are added to the application's. */
export function wrapQuery(runtime: Runtime, original: AnyFunction): AnyFunction {
  const start = original as StartQuery;
  return function query(this: unknown, params: QueryParams, ...rest: unknown[]) {
    const prepared = prepare(runtime, params.options);
    if (prepared === undefined) return start.call(this, params, ...rest);
    const { session, options } = prepared;
    let begun: Query;
    try {
      begun = session.open.run(() => start.call(this, { ...params, options }, ...rest));
    } catch (error) {
      session.open.end({ failed: true, error });
      throw session.open.failure(error);
    }
    return follow(runtime, session, begun);
  };
}

type StartWarm = (this: unknown, params: QueryParams | undefined, ...rest: unknown[]) => unknown;

/** Wraps `startup` and `prewarm`: the hooks are there from the start, and the run begins with it. */
export function wrapWarm(runtime: Runtime, original: AnyFunction): AnyFunction {
  const start = original as StartWarm;
  return async function warm(this: unknown, params: QueryParams | undefined, ...rest: unknown[]) {
    const prepared = prepare(runtime, params?.options);
    if (prepared === undefined) return start.call(this, params, ...rest);
    const { session, options } = prepared;
    let process: Warm;
    try {
      process = (await start.call(this, { ...params, options }, ...rest)) as Warm;
    } catch (error) {
      session.open.end({ failed: true, error });
      throw session.open.failure(error);
    }
    runtime.diagnostics.protect(
      'claude_agent.warm',
      () => followWarm(runtime, session, process),
      undefined,
    );
    return process;
  };
}

function followWarm(runtime: Runtime, session: Session, process: Warm): void {
  for (const key of ['query', 'claim'] as const) {
    const begin = process[key]?.bind(process);
    if (begin === undefined) continue;
    replace(process, key, (...args: unknown[]) =>
      follow(
        runtime,
        session,
        session.open.run(() => begin(...args)),
      ),
    );
  }
}

interface Prepared {
  readonly session: Session;
  readonly options: Options;
}

/** Without our hooks nothing that Claude Code does is asked about: where that may matter, it is not begun. */
function prepare(runtime: Runtime, given: Options = {}): Prepared | undefined {
  return proposeCall(runtime, 'claude_agent.prepare', () => {
    const session = new Session(runtime, given);
    const { canUseTool } = given;
    const options: Options = {
      ...given,
      hooks: withHooks(runtime, session, given),
      ...(canUseTool === undefined
        ? {}
        : { canUseTool: withRecordedAnswers(runtime, session, canUseTool) }),
      ...abortWith(session),
    };
    return { session, options };
  });
}

/** A controller that a kill aborts, the application's own included; as it was where nobody governs this process. */
function abortWith({ open }: Session): Pick<Options, 'abortController'> {
  const { signal } = open;
  if (signal === undefined) return {};
  const abortController = new AbortController();
  const abort = (): void => abortController.abort(signal.reason);
  if (signal.aborted) abort();
  else signal.addEventListener('abort', abort, { once: true });
  return { abortController };
}

/** The same query, each message of which is looked at as it passes, and whose end is the run's. */
function follow(runtime: Runtime, session: Session, query: Query): Query {
  const followed = runtime.diagnostics.protect(
    'claude_agent.follow',
    () => {
      // Its own iterator may be itself, of which the steps are replaced below.
      const source = { next: query.next.bind(query), return: query.return.bind(query) };
      const stream = agentStream(session.open, observed(runtime, session, source), () =>
        session.over(),
      );
      for (const key of ['next', 'return', 'throw'] as const) replace(query, key, stream[key]);
      replace(query, Symbol.asyncIterator, () => stream);
      const close = query.close?.bind(query);
      if (close !== undefined) {
        replace(query, 'close', () => {
          end(session);
          return close();
        });
      }
      return query;
    },
    query,
  );
  return followed;
}

function end(session: Session): void {
  session.abandon();
  session.open.end({ failed: false, aborted: true });
}

function observed(
  runtime: Runtime,
  session: Session,
  source: Pick<Query, 'next' | 'return'>,
): AsyncIterator<SdkMessage, void> {
  return {
    next: async () => {
      try {
        const result = await source.next();
        if (result.done !== true) {
          runtime.diagnostics.protect(
            'claude_agent.see',
            () => session.see(result.value),
            undefined,
          );
        }
        return result;
      } catch (error) {
        session.abandon();
        throw error;
      }
    },
    return: async (value) => {
      session.abandon();
      return source.return(value);
    },
  };
}

function replace(target: object, key: PropertyKey, value: unknown): void {
  Object.defineProperty(target, key, { value, configurable: true, writable: true });
}

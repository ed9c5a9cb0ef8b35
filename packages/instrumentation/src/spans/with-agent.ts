import { AftertraceError } from '../errors.ts';
import { isPromiseLike } from '../guard/settle.ts';
import { runtime } from '../runtime.ts';
import { openAgent } from './open-agent.ts';
import { isRunId, MAX_RUN_ID_CHARS, type AgentIdentity } from './scope.ts';

/** What a run under way is told. */
export interface RunningAgent {
  /**
   * Aborts when a kill or a retirement stops this agent: hand it to your model client and to whatever else takes time. It
   * never does where nobody governs this process.
   */
  readonly signal: AbortSignal;
}

/**
 * Runs `action` as one invocation of an agent, and says of it what frameworks do not tell. Opens its `invoke_agent` span;
 * a framework's invocation of the same agent right inside is part of it and opens none. Inside another run it is a
 * sub-agent of that run; else it is a run of its own.
 *
 * @throws AftertraceError `invalid_argument` when the name is empty; else what `action` throws, untouched.
 * @example await withAgent({ name: 'support', conversationId: chat.id }, () => agent.generate({ prompt }));
 */
export function withAgent<T>(identity: AgentInvocation, action: (agent: RunningAgent) => T): T {
  if (typeof identity.name !== 'string' || identity.name === '') {
    throw new AftertraceError('invalid_argument', 'withAgent needs the name of the agent');
  }
  const { runId, ...agent } = identity;
  if (runId !== undefined && !isRunId(runId)) {
    const what = `a runId of 1 to ${MAX_RUN_ID_CHARS} characters`;
    throw new AftertraceError('invalid_argument', `withAgent needs ${what}, or none`);
  }
  const open = openAgent(runtime(), { agent, runId, explicit: true });
  const end = (failed: boolean, error?: unknown): void => open.end({ failed, error });
  return endWith(() => open.run(() => action({ signal: signalOf(open.signal) })), end);
}

/** An agent that is invoked, and in which run. */
export interface AgentInvocation extends AgentIdentity {
  /**
   * Id of the run, for runs that go on after a restart of their process: give the same one then. What a person was asked
   * about in it stays open while the process is away, and holds for the same call in the process that goes on. Unique
   * among all runs. Default: a new one; inside another run it is that one's.
   */
  readonly runId?: string | undefined;
}

/** Of its own also where nobody governs this process: what is tied to it must go with the run. */
function signalOf(signal: AbortSignal | undefined): AbortSignal {
  return signal ?? new AbortController().signal;
}

/** Keeps the shape of what the action returns, and ends when it has ended. */
function endWith<T>(action: () => T, end: (failed: boolean, error?: unknown) => void): T {
  let value: T;
  try {
    value = action();
  } catch (error) {
    end(true, error);
    throw error;
  }
  if (!isPromiseLike(value)) {
    end(false);
    return value;
  }
  return value.then(
    (result) => {
      end(false);
      return result;
    },
    (error: unknown) => {
      end(true, error);
      throw error;
    },
  ) as T;
}

import { UNSEEN } from '../../guard/judge.ts';
import type { Run } from '../../spans/scope.ts';

/** A call that is made as a task: another request brings its result. */
export interface TaskCall {
  /** Takes what the server says, once. */
  readonly settle: (result: unknown) => void;
  /** What whoever asks gets of it, each time; rejects where the call was stopped, or its result is withheld. */
  readonly delivered: Promise<unknown>;
}

/** Calls of one client that are made as tasks. */
export interface TaskCalls {
  open(taskId: string, run: Run, call: TaskCall): void;
  get(taskId: string): TaskCall | undefined;
}

/** Tasks of a client that are remembered; the oldest gives way, and what became of its call is unknown where nobody has asked. */
const LIMIT = 200;

/** By client: ids of tasks are their server's own. */
export function createTaskCalls(): (client: object) => TaskCalls {
  const all = new WeakMap<object, TaskCalls>();
  return (client) => {
    const known = all.get(client) ?? createCalls();
    all.set(client, known);
    return known;
  };
}

function createCalls(): TaskCalls {
  const calls = new Map<string, TaskCall>();
  return {
    open: (taskId, run, call) => {
      const [oldest] = calls;
      if (calls.size >= LIMIT && oldest !== undefined) {
        calls.delete(oldest[0]);
        oldest[1].settle(UNSEEN);
      }
      calls.set(taskId, call);
      (run.onEnd ??= []).push(() => call.settle(UNSEEN));
    },
    get: (taskId) => calls.get(taskId),
  };
}

import { UNSEEN } from '../../guard/judge.ts';
import type { ToolCall } from '../../guard/tool-call.ts';
import type { Run } from '../../spans/scope.ts';

/** A call that is made as a task: another request brings its result. */
export interface TaskCall {
  readonly call: ToolCall;
  /** Takes what the server says, once. */
  readonly settle: (result: unknown) => void;
  /** What whoever asks gets of it, each time; rejects where the call was stopped, or its result is withheld. */
  readonly delivered: Promise<unknown>;
}

/** A task of a client. */
export interface OpenTask extends TaskCall {
  /** Its run ended before anybody asked: what became of the call was told as unknown. */
  isGivenUp: boolean;
  /** Has a result. */
  isSettled: boolean;
}

/** Calls of one client that are made as tasks. */
export interface TaskCalls {
  open(taskId: string, call: TaskCall): void;
  get(taskId: string): OpenTask | undefined;
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
  const tasks = new Map<string, OpenTask>();
  const followed = new WeakSet<Run>();
  const giveUp = (task: OpenTask): void => {
    if (task.isSettled) return;
    task.isGivenUp = true;
    task.settle(UNSEEN);
  };
  /** Once for all tasks of a run: it may be long, and make many. */
  const follow = (run: Run): void => {
    if (followed.has(run)) return;
    followed.add(run);
    (run.onEnd ??= []).push(() => {
      for (const task of tasks.values()) if (task.call.scope.run === run) giveUp(task);
    });
  };
  const forget = (taskId: string | undefined): void => {
    const task = taskId === undefined ? undefined : tasks.get(taskId);
    if (taskId === undefined || task === undefined) return;
    tasks.delete(taskId);
    giveUp(task);
  };
  return {
    open: (taskId, { call, settle, delivered }) => {
      forget(taskId);
      const [oldest] = tasks.keys();
      if (tasks.size >= LIMIT) forget(oldest);
      const task: OpenTask = {
        call,
        delivered,
        isGivenUp: false,
        isSettled: false,
        settle: (result) => {
          task.isSettled = true;
          settle(result);
        },
      };
      tasks.set(taskId, task);
      follow(call.scope.run);
    },
    get: (taskId) => tasks.get(taskId),
  };
}

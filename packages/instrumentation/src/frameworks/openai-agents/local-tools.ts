import { proposeCall } from '../../guard/propose-call.ts';
import type { Runtime } from '../../runtime.ts';
import type { AnyFunction } from '../framework.ts';
import { text } from './identity.ts';
import { LiveAgent } from './live-agent.ts';
import { approvalOf, placeOf } from './tools.ts';
import type { Agent, RunContext } from './types.ts';

type Fields = Readonly<Record<string, unknown>>;

type Arguments = readonly [
  agent: Agent,
  actions: readonly Fields[],
  runner: unknown,
  runContext: RunContext,
  ...rest: unknown[],
];

type ExecuteActions = (this: unknown, ...args: Arguments) => Promise<unknown>;

/** One kind of tool that the SDK runs on this machine: where its implementation is, and what the model asked of it. */
interface LocalKind {
  /** Of the action: the tool. */
  readonly tool: string;
  /** Of the tool: the application's implementation. */
  readonly implementation: string;
  /** Of the implementation. */
  readonly methods: readonly string[];
  /** Of the model's call: what is asked. */
  readonly asked: string;
}

const SHELL: LocalKind = {
  tool: 'shell',
  implementation: 'shell',
  methods: ['run'],
  asked: 'action',
};
const APPLY_PATCH: LocalKind = {
  tool: 'applyPatch',
  implementation: 'editor',
  methods: ['createFile', 'updateFile', 'deleteFile'],
  asked: 'operation',
};

/** Wraps `executeShellActions`. The SDK makes a failed command of a throw, and the model reads why. */
export function wrapShell(runtime: Runtime, original: AnyFunction): AnyFunction {
  return wrapActions(runtime, original, SHELL);
}

/** Wraps `executeApplyPatchOperations`. The SDK makes a failed operation of a throw, and the model reads why. */
export function wrapApplyPatch(runtime: Runtime, original: AnyFunction): AnyFunction {
  return wrapActions(runtime, original, APPLY_PATCH);
}

function wrapActions(runtime: Runtime, original: AnyFunction, kind: LocalKind): AnyFunction {
  const execute = original as ExecuteActions;
  return async function executeActions(this: unknown, ...args: Arguments): Promise<unknown> {
    const [agent, actions, runner, runContext, ...rest] = args;
    const guarded = proposeCall(runtime, 'openai_agents.local_tools', () => {
      LiveAgent.of(runtime)?.turnTo(agent);
      return actions.map((action) => guardAction(runtime, kind, { action, runContext }));
    });
    return execute.call(this, agent, guarded ?? actions, runner, runContext, ...rest);
  };
}

interface Action {
  readonly action: Fields;
  readonly runContext: RunContext;
}

/** The same action, of a tool whose implementation is guarded. */
function guardAction(runtime: Runtime, kind: LocalKind, { action, runContext }: Action): Fields {
  const tool = action[kind.tool] as Fields | undefined;
  const implementation = tool?.[kind.implementation] as object | undefined;
  if (tool === undefined || implementation === undefined) return action;
  const { callId } = action['toolCall'] as { readonly callId?: unknown };
  const asked = (action['toolCall'] as Fields)[kind.asked];
  const name = text(tool['name']) ?? kind.tool;
  const toolCallId = text(callId);
  const place = placeOf(runtime);
  const answered = approvalOf(runContext, { tool: name, toolCallId });
  const call = { tool: name, toolCallId, arguments: asked, ...place };
  if (answered?.approved === false) {
    runtime.guard.recordRejected(call, answered);
    return action;
  }
  const guard = (method: unknown): unknown =>
    typeof method !== 'function'
      ? method
      : (_asked: unknown, ...rest: unknown[]): Promise<unknown> =>
          runtime.guard.call(
            { ...call, answered },
            {
              execute: (args) =>
                Reflect.apply(method, implementation, [args, ...rest]) as Promise<unknown>,
            },
          );
  const methods = kind.methods.map((name) => [
    name,
    { value: guard((implementation as Fields)[name]), enumerable: true },
  ]);
  const inner: unknown = Object.create(
    implementation,
    Object.fromEntries(methods) as PropertyDescriptorMap,
  );
  return { ...action, [kind.tool]: { ...tool, [kind.implementation]: inner } };
}

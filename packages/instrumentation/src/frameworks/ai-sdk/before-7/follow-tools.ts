import { proposeCall } from '../../../guard/propose-call.ts';
import type { Runtime } from '../../../runtime.ts';
import { guardTool, propose } from '../execute-tool-call.ts';
import { pendingCalls, type PendingCall } from '../pending-call.ts';
import type { Tool, ToolExecuteOptions } from '../types.ts';

/** Tools as the SDK gets them, and whose call they belong to. */
const calls = new WeakMap<object, PendingCall>();

/** The call that one of these tools was handed to the SDK for. */
export function callOfTools(
  tools: Readonly<Record<string, object>> | null | undefined,
): PendingCall | undefined {
  const [first] = Object.values(tools ?? {});
  return first === undefined ? undefined : calls.get(first);
}

type Tools = Readonly<Record<string, Tool>>;

/**
 * The same tools, each an object of this call: what runs them later tells no more than the tool. 6 has one function that
 * calls tools, which is wrapped; 5 calls them in two places, so there their `execute` is the guarded one.
 */
export function followTools(
  runtime: Runtime,
  tools: Tools,
  call: PendingCall,
  guards: boolean,
): Tools {
  const followed: Record<string, Tool> = {};
  for (const [name, tool] of Object.entries(tools)) {
    followed[name] = followTool(runtime, { name, tool, call, guards });
  }
  return followed;
}

interface Followed {
  readonly name: string;
  readonly tool: Tool;
  readonly call: PendingCall;
  readonly guards: boolean;
}

function followTool(runtime: Runtime, { name, tool, call, guards }: Followed): Tool {
  const { execute: own } = tool;
  if (typeof own !== 'function') return tagged(Object.create(tool) as Tool, call);
  /** Outside of the call: what a tool asks a model is its own. */
  const outside = Object.create(tool, {
    execute: {
      value: (...args: unknown[]): unknown =>
        pendingCalls.run(undefined, () => Reflect.apply(own, tool, args)),
      enumerable: true,
    },
  }) as Tool;
  if (!guards) return tagged(outside, call);
  const guarded = (input: unknown, options: ToolExecuteOptions): unknown => {
    const { toolCallId, abortSignal } = options;
    const toolCall = { toolName: name, toolCallId: String(toolCallId), input };
    const proposal = proposeCall(runtime, 'ai_sdk.propose', () =>
      propose(
        runtime,
        { toolCall, tools: { [name]: outside }, ...(abortSignal && { abortSignal }) },
        call.invocation,
      ),
    );
    if (proposal === undefined) return outside.execute?.(input, options);
    const cleared = runtime.guard.clear(proposal.call);
    if (!(cleared instanceof Promise)) {
      return guardTool(runtime, proposal, cleared).execute?.(input, options);
    }
    const later = cleared.then((done) =>
      guardTool(runtime, proposal, done).execute?.(input, options),
    );
    return isGenerator(own) ? partsOf(later) : later;
  };
  const value = Object.create(tool, { execute: { value: guarded, enumerable: true } }) as Tool;
  return tagged(value, call);
}

function tagged(tool: Tool, call: PendingCall): Tool {
  calls.set(tool, call);
  return tool;
}

/** The SDK tells a tool's kind by what it returns at once: one that answers in parts must do so while a person is awaited. */
function isGenerator(own: unknown): boolean {
  return Object.prototype.toString.call(own) === '[object AsyncGeneratorFunction]';
}

async function* partsOf(later: Promise<unknown>): AsyncGenerator<unknown> {
  yield* (await later) as AsyncIterable<unknown>;
}

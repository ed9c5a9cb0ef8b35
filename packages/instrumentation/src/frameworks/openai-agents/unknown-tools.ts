import type { Runtime } from '../../runtime.ts';
import type { AnyFunction } from '../framework.ts';
import { text } from './identity.ts';
import { parsed, placeOf } from './tools.ts';
import type { Agent } from './types.ts';

type Fields = Readonly<Record<string, unknown>>;

type Arguments = readonly [
  response: { readonly output?: unknown },
  agent: Agent,
  tools: unknown,
  handoffs: unknown,
  ...rest: unknown[],
];

type Process = (this: unknown, ...args: Arguments) => unknown;

/** Longest name that is told: it came from the model, and no tool has it. */
const MAX_NAME_LENGTH = 256;

/**
 * Wraps `processModelResponse` and its asynchronous form: a call of a tool that the agent does not have ends the run there, or
 * is answered by the runner where it is told to (`toolNotFoundBehavior`). No tool runs, and nobody else tells.
 */
export function wrapProcess(runtime: Runtime, original: AnyFunction): AnyFunction {
  const processResponse = original as Process;
  return function processModelResponse(this: unknown, ...args: Arguments): unknown {
    const record = (error: unknown): void =>
      runtime.diagnostics.protect(
        'openai_agents.unknown_tools',
        () => recordUnknown(runtime, args, error),
        undefined,
      );
    const seen = (result: unknown): unknown => {
      const { functionToolsNotFound: missing } = (result ?? {}) as Fields;
      if (Array.isArray(missing) && missing.length > 0) record(new Error('no such tool'));
      return result;
    };
    let result: unknown;
    try {
      result = processResponse.apply(this, [...args]);
    } catch (error) {
      record(error);
      throw error;
    }
    if (!(result instanceof Promise)) return seen(result);
    return result.then(seen, (error: unknown) => {
      record(error);
      throw error;
    });
  };
}

function recordUnknown(
  runtime: Runtime,
  [response, , tools, handoffs]: Arguments,
  error: unknown,
): void {
  const known = new Set([...namesOf(tools, 'name'), ...namesOf(handoffs, 'toolName')]);
  for (const item of listOf(response.output)) {
    const tool = text(item['name']);
    if (item['type'] !== 'function_call' || tool === undefined || known.has(tool)) continue;
    const call = {
      tool: tool.slice(0, MAX_NAME_LENGTH).toWellFormed(),
      toolCallId: text(item['callId']),
      arguments: parsed(item['arguments']),
    };
    runtime.guard.recordUnmade({ ...call, ...placeOf(runtime) }, unknownTool(error));
  }
}

/** What the runner threw tells of the first only; each is told as what it is. */
function unknownTool(error: unknown): Error {
  const message = error instanceof Error ? error.message : '';
  return Object.assign(new Error(/not found/.test(message) ? message : 'tool not found'), {
    name: error instanceof Error ? error.constructor.name : 'Error',
  });
}

function namesOf(list: unknown, key: string): readonly string[] {
  return listOf(list).flatMap((entry) => text(entry[key]) ?? []);
}

function listOf(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? (value as readonly Fields[]) : [];
}

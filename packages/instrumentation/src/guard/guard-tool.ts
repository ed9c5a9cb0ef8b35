import * as api from '@opentelemetry/api';

import { AftertraceError } from '../errors.ts';
import { runtime } from '../runtime.ts';
import { strayScope } from '../spans/stray-scope.ts';
import { toolRegistry } from './process-tools.ts';
import type { ToolDescription } from './tool-registry.ts';

/** A tool as a plain function: what the model gave first, then whatever its framework passes besides. */
export type ToolFunction<Input, Output> = (input: Input, ...rest: never[]) => Output;

/** A tool as an object with an `execute` method. */
export interface ToolObject<Input, Output> {
  readonly name?: string;
  readonly description?: string;
  readonly execute: ToolFunction<Input, Output>;
}

/** What the tool does not say itself. */
export interface GuardToolOptions extends ToolDescription {
  /** Name of the tool; default: that of the function or the object. */
  readonly name?: string;
}

/** A function that was guarded: it always answers with a promise, for a person may have to be asked. */
export type GuardedFunction<Input, Output> = (
  input: Input,
  ...rest: never[]
) => Promise<Awaited<Output>>;

/**
 * Puts a tool behind policy, judgement and record, where no framework is attached or none is there. It needs no load hook
 * and works in bundles. Inside a framework that is attached the call is judged once. Tools that answer in parts (async
 * generators) are not supported here.
 *
 * @throws AftertraceError `invalid_argument` when the tool has no name or its reversibility is no class; the guarded tool rejects with `call_refused` or
 * `call_stopped`, else with what the tool throws.
 * @example const refund = guardTool(async ({ order }) => payments.refund(order), { name: 'refund' });
 */
export function guardTool<Input, Output>(
  tool: ToolFunction<Input, Output>,
  options?: GuardToolOptions,
): GuardedFunction<Input, Output>;
export function guardTool<Input, Output, Tool extends ToolObject<Input, Output>>(
  tool: Tool & ToolObject<Input, Output>,
  options?: GuardToolOptions,
): Omit<Tool, 'execute'> & { readonly execute: GuardedFunction<Input, Output> };
export function guardTool(
  tool: ToolFunction<unknown, unknown> | ToolObject<unknown, unknown>,
  options: GuardToolOptions = {},
): unknown {
  const name = options.name ?? tool.name ?? '';
  if (name === '') {
    throw new AftertraceError('invalid_argument', 'guardTool needs a name: pass { name: "…" }');
  }
  const { name: _name, ...described } = options;
  if (Object.keys(described).length > 0) toolRegistry().describe(name, described);
  if (typeof tool === 'function') return guardFunction(tool, { name, description: undefined });
  const { description } = tool;
  const execute = guardFunction(tool.execute, { name, description });
  return Object.create(tool, { execute: { value: execute, enumerable: true, writable: true } });
}

interface ToolNames {
  readonly name: string;
  readonly description: string | undefined;
}

function guardFunction(
  original: ToolFunction<unknown, unknown>,
  { name, description }: ToolNames,
): (this: unknown, input: unknown, ...rest: unknown[]) => Promise<unknown> {
  return function guarded(this: unknown, input: unknown, ...rest: unknown[]): Promise<unknown> {
    const shared = runtime();
    const [options] = rest;
    const call = {
      tool: name,
      description,
      toolCallId: textIn(options, 'toolCallId'),
      arguments: input,
      scope: shared.scopes.getStore() ?? strayScope(shared),
      context: api.context.active(),
      signal: signalIn(options),
    };
    return shared.guard.call(call, {
      execute: (args, signal) => {
        const passed = takesSignal(options) ? withSignal(rest, signal()) : rest;
        return Reflect.apply(original, this, [args, ...passed]) as unknown;
      },
    });
  };
}

/** Frameworks pass a signal as `abortSignal` (AI SDK) or `signal`. */
const SIGNAL_NAMES = ['abortSignal', 'signal'] as const;

function signalIn(options: unknown): AbortSignal | undefined {
  if (typeof options !== 'object' || options === null) return undefined;
  for (const name of SIGNAL_NAMES) {
    const value = fieldOf(options, name);
    if (value instanceof AbortSignal) return value;
  }
  return undefined;
}

/** Only where the tool looks for one: nothing is passed to a tool that takes no options. */
function takesSignal(options: unknown): options is object {
  return (
    typeof options === 'object' && options !== null && SIGNAL_NAMES.some((name) => name in options)
  );
}

function withSignal(rest: readonly unknown[], signal: AbortSignal | undefined): readonly unknown[] {
  const [options, ...others] = rest;
  if (!takesSignal(options) || signal === signalIn(options)) return rest;
  const names = SIGNAL_NAMES.filter((name) => name in options);
  const changed = Object.fromEntries(names.map((name) => [name, signal]));
  return [{ ...options, ...changed }, ...others];
}

function textIn(options: unknown, name: string): string | undefined {
  const value = fieldOf(options, name);
  return typeof value === 'string' ? value : undefined;
}

function fieldOf(options: unknown, name: string): unknown {
  if (typeof options !== 'object' || options === null) return undefined;
  try {
    return (options as Readonly<Record<string, unknown>>)[name];
  } catch {
    // A getter of a stranger: whether it matters is for the tool to say.
    return undefined;
  }
}

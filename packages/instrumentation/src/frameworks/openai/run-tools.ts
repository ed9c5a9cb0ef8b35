import { isAftertraceError } from '../../errors.ts';
import { proposeCall } from '../../guard/propose-call.ts';
import type { ToolCall } from '../../guard/tool-call.ts';
import type { Runtime } from '../../runtime.ts';
import { openAgent, type OpenAgent } from '../../spans/open-agent.ts';
import type { AnyFunction } from '../framework.ts';
import { fieldsOf, listOf, parsed, text, unparsed, type Fields } from '../../model/fields.ts';
import { seeUnknownTools } from './unknown-tools.ts';

/** The SDK's runner: its messages tell which call a function is called for. */
interface Runner {
  readonly messages?: unknown;
}

type RunTools = (
  this: unknown,
  client: unknown,
  params: Fields,
  ...rest: unknown[]
) => Promise<unknown>;

/** Wraps `_runTools`: one invocation of an agent, of which the SDK calls the functions by itself. */
export function wrapRunTools(runtime: Runtime, original: AnyFunction): AnyFunction {
  const runTools = original as RunTools;
  return async function _runTools(
    this: unknown,
    client: unknown,
    params: Fields,
    ...rest: unknown[]
  ): Promise<unknown> {
    const open = openAgent(runtime, {
      agent: {},
      model: text(params['model']),
      framework: 'openai',
    });
    const withGuards = (): Fields => ({
      ...params,
      tools: guardTools(runtime, open, { runner: this as Runner, params }),
    });
    runtime.diagnostics.protect(
      'openai.unknown',
      () => seeUnknownTools(runtime, open, this as Runner),
      undefined,
    );
    try {
      const guarded = open.run(() => proposeCall(runtime, 'openai.run_tools', withGuards));
      const result = await open.run(() => runTools.call(this, client, guarded ?? params, ...rest));
      open.end({ failed: false });
      return result;
    } catch (error) {
      const aborted = error instanceof Error && error.constructor.name === 'APIUserAbortError';
      open.end({ failed: !aborted, error, aborted });
      throw open.failure(error);
    }
  };
}

interface Loop {
  readonly runner: Runner;
  readonly params: Fields;
}

function guardTools(runtime: Runtime, open: OpenAgent, { runner, params }: Loop): unknown {
  const { tools } = params;
  if (!Array.isArray(tools)) return tools;
  /** Calls whose function has been called: parallel ones may have the same name and arguments. */
  const made = new Set<string>();
  return tools.map((tool: unknown) => {
    const fields = fieldsOf(tool);
    // Made by a helper of the SDK, which keeps the function under a name that is not enumerable.
    const callback = fields['$callback'];
    const about = fieldsOf(fields['function']);
    const inner = typeof callback === 'function' ? callback : about['function'];
    if (typeof inner !== 'function') return tool;
    const guard = new ToolGuard(runtime, open, {
      name: text(about['name']) ?? inner.name,
      description: text(about['description']),
      original: inner as (...args: unknown[]) => unknown,
      runner,
      made,
    });
    return typeof callback === 'function'
      ? withCallback(tool as object, guard)
      : {
          ...fields,
          function: withFunction(about, guard),
        };
  });
}

function withFunction(about: Fields, guard: ToolGuard): Fields {
  const { parse } = about;
  return {
    ...about,
    // The name of a function is that of its tool where the tool has none.
    name: guard.name,
    function: (...args: unknown[]) => guard.call(args),
    ...(typeof parse === 'function'
      ? { parse: (given: unknown) => guard.parse(parse as Parse, given) }
      : {}),
  };
}

/** The SDK's own mark of such a tool is not enumerable either: the prototype has it. */
function withCallback(tool: object, guard: ToolGuard): object {
  const parse = fieldsOf(tool)['$parseRaw'];
  return Object.create(tool, {
    type: { value: fieldsOf(tool)['type'], enumerable: true },
    function: { value: fieldsOf(tool)['function'], enumerable: true },
    $callback: { value: (...args: unknown[]) => guard.call(args) },
    ...(typeof parse === 'function'
      ? { $parseRaw: { value: (given: unknown) => guard.parse(parse as Parse, given) } }
      : {}),
  }) as object;
}

type Parse = (given: unknown) => unknown;

interface GuardedTool extends Pick<Loop, 'runner'> {
  readonly name: string;
  readonly description: string | undefined;
  readonly original: (...args: unknown[]) => unknown;
  readonly made: Set<string>;
}

/** One function of the loop. A throw out of it ends the run, so that a refusal is the function's result. */
class ToolGuard {
  readonly name: string;
  readonly #runtime: Runtime;
  readonly #open: OpenAgent;
  readonly #tool: GuardedTool;
  /** What arguments were read from. */
  readonly #given = new WeakMap<object, string>();

  constructor(runtime: Runtime, open: OpenAgent, tool: GuardedTool) {
    this.#runtime = runtime;
    this.#open = open;
    this.#tool = tool;
    this.name = tool.name;
  }

  /** At once where the parser answers at once: other parts of the SDK ask it too. */
  parse(parse: Parse, given: unknown): unknown {
    const failed = (error: unknown): never => {
      this.#unmade(given, error);
      throw error;
    };
    let value: unknown;
    try {
      value = parse(given);
    } catch (error) {
      return failed(error);
    }
    if (value instanceof Promise) {
      return value.then((read: unknown) => this.#read(read, given), failed);
    }
    return this.#read(value, given);
  }

  /** The runner answers it with the error. Other parts of the SDK that ask the parser too ask about no call that waits. */
  #unmade(given: unknown, error: unknown): void {
    const { diagnostics, guard } = this.#runtime;
    diagnostics.protect(
      'openai.unmade',
      () => {
        const call = this.#propose(given);
        if (call.toolCallId !== undefined) guard.recordUnmade(call, error);
      },
      undefined,
    );
  }

  #read(value: unknown, given: unknown): unknown {
    if (typeof value === 'object' && value !== null) this.#given.set(value, String(given));
    return value;
  }

  async call([input, ...rest]: readonly unknown[]): Promise<unknown> {
    const { original } = this.#tool;
    const call = this.#propose(input);
    try {
      return await this.#runtime.guard.call(call, {
        execute: (args) => {
          const same = args === call.arguments;
          const passed = same ? input : typeof input === 'string' ? unparsed(args) : args;
          return original(passed, ...rest);
        },
      });
    } catch (error) {
      if (!isAftertraceError(error)) throw error;
      if (error.code !== 'call_refused' && error.code !== 'call_stopped') throw error;
      return error.message;
    }
  }

  #propose(input: unknown): ToolCall {
    const given = typeof input === 'object' && input !== null ? this.#given.get(input) : input;
    const { scope, context } = this.#open;
    return {
      tool: this.name,
      description: this.#tool.description,
      toolCallId: this.#runtime.diagnostics.protect(
        'openai.call_id',
        () => this.#idOf(given),
        undefined,
      ),
      arguments: typeof input === 'string' ? parsed(input) : input,
      scope,
      context,
      signal: undefined,
    };
  }

  /** The function is told its arguments, not its call: that is the first of the last message with these that was not made. */
  #idOf(given: unknown): string | undefined {
    const { runner, made } = this.#tool;
    const asking = listOf(runner.messages).findLast(({ tool_calls: calls }) =>
      Array.isArray(calls),
    );
    const found = listOf(asking?.['tool_calls']).find((call) => {
      const { name, arguments: args } = fieldsOf(call['function']);
      const id = text(call['id']);
      return name === this.name && args === given && id !== undefined && !made.has(id);
    });
    const id = text(found?.['id']);
    if (id !== undefined) made.add(id);
    return id;
  }
}

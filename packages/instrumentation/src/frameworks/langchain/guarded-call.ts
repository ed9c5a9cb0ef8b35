import { PAUSED } from '../../guard/judge.ts';
import type { ToolCall } from '../../guard/tool-call.ts';
import type { Runtime } from '../../runtime.ts';
import { fieldsOf, textOf, type RunnableConfig } from './types.ts';
import { isPause } from './pause.ts';

/**
 * Puts one call through the guard. What is thrown to leave the graph for now is a pause of the call, and thrown all the same.
 *
 * @throws AftertraceError where it is refused or stopped; else what the tool throws.
 */
export async function callGuarded(
  runtime: Runtime,
  call: ToolCall,
  run: (args: unknown, signal: AbortSignal | undefined) => unknown,
): Promise<unknown> {
  let pause: unknown;
  const result = await runtime.guard.call(call, {
    execute: async (args, signal) => {
      try {
        return await run(args, signal());
      } catch (error) {
        if (!isPause(error)) throw error;
        pause = error;
        return PAUSED;
      }
    },
  });
  if (result !== PAUSED) return result;
  throw pause;
}

/** The id of a call: 0.3.0 tells it in `configurable`, later ones with the call itself. */
export function callIdIn(config: unknown): string | undefined {
  const { toolCall, configurable, toolCallId } = fieldsOf(config);
  return (
    textOf(fieldsOf(toolCall)['id']) ??
    textOf(toolCallId) ??
    textOf(fieldsOf(configurable)['tool_call_id'])
  );
}

/** What a call is made with, and the signal that a kill aborts. */
export function withSignal(config: unknown, signal: AbortSignal | undefined): unknown {
  if (signal === undefined || fieldsOf(config)['signal'] === signal) return config;
  return { ...(config as RunnableConfig | undefined), signal };
}

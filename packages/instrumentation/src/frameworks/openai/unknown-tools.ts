import { recordUnknownTool } from '../../guard/unknown-tool.ts';
import type { ToolCall } from '../../guard/tool-call.ts';
import { fieldsOf, listOf, parsed, text, type Fields } from '../../model/fields.ts';
import type { Runtime } from '../../runtime.ts';
import type { OpenAgent } from '../../spans/open-agent.ts';

/** The SDK's runner, which keeps what is said. */
interface Runner {
  readonly messages?: unknown;
  readonly _addMessage?: unknown;
}

/** What the runner answers a call with that it does not make. */
const INVALID = 'Invalid tool_call: ';

/** A loop of it. */
interface Loop {
  readonly runner: Runner;
  /** Names and ids of calls whose function was called: what they say is a result, whatever it reads like. */
  readonly made: ReadonlySet<string>;
}

/** Records calls of tools that the runner does not have: it answers them itself. What was said before it ran is not told again. */
export function seeUnknownTools(runtime: Runtime, open: OpenAgent, { runner, made }: Loop): void {
  const { _addMessage: add } = runner;
  if (typeof add !== 'function') return;
  const addMessage = (message: unknown, ...rest: unknown[]): unknown => {
    runtime.diagnostics.protect(
      'openai.unknown',
      () => {
        const call = rest[0] === false ? undefined : refusedCall(runner, fieldsOf(message));
        if (call === undefined || made.has(`${call.tool}\n${call.toolCallId ?? ''}`)) return;
        const { scope, context } = open;
        recordUnknownTool(runtime.guard, { ...call, scope, context });
      },
      undefined,
    );
    return Reflect.apply(add, runner, [message, ...rest]) as unknown;
  };
  Object.defineProperty(runner, '_addMessage', {
    value: addMessage,
    configurable: true,
    writable: true,
  });
}

function refusedCall(
  { messages }: Runner,
  { role, content, tool_call_id: id }: Fields,
): Pick<ToolCall, 'tool' | 'toolCallId' | 'arguments'> | undefined {
  if (role !== 'tool' || text(content)?.startsWith(INVALID) !== true) return undefined;
  const asked = listOf(messages)
    .toReversed()
    .flatMap(({ tool_calls: calls }) => listOf(calls))
    .find((call) => call['id'] === id);
  const { name, arguments: given } = fieldsOf(asked?.['function']);
  return { tool: text(name) ?? '', toolCallId: text(id), arguments: parsed(given) };
}

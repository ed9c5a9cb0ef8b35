import { recordUnknownTool } from '../../guard/unknown-tool.ts';
import { fieldsOf, listOf } from '../../model/fields.ts';
import type { Runtime } from '../../runtime.ts';
import type { AnyFunction } from '../framework.ts';
import { proposedToolCall, textOf } from './run-tool.ts';
import type { ToolUse } from './types.ts';

type NotFound = (this: unknown, toolUse: ToolUse, ...rest: unknown[]) => unknown;

/** Wraps `toolNotFoundResult`, with which the tool runner answers a call of a tool that it does not have. */
export function wrapToolNotFound(runtime: Runtime, original: AnyFunction): AnyFunction {
  const answer = original as NotFound;
  return function toolNotFoundResult(this: unknown, toolUse: ToolUse, ...rest: unknown[]) {
    record(runtime, toolUse);
    return answer.call(this, toolUse, ...rest);
  };
}

type Respond = (this: unknown, ...args: unknown[]) => Promise<unknown>;

/** Wraps `generateToolResponse` of versions that answer such a call right there. */
export function wrapToolResponse(runtime: Runtime, original: AnyFunction): AnyFunction {
  const respond = original as Respond;
  return async function generateToolResponse(this: unknown, ...args: unknown[]) {
    const result = await respond.apply(this, args);
    runtime.diagnostics.protect(
      'anthropic.unknown',
      () => seeUnknown(runtime, args, result),
      undefined,
    );
    return result;
  };
}

function seeUnknown(runtime: Runtime, [params, given]: readonly unknown[], result: unknown): void {
  const message = fieldsOf(given ?? listOf(fieldsOf(params)['messages']).at(-1));
  const results = listOf(fieldsOf(result)['content']);
  for (const use of listOf(message['content'])) {
    if (use['type'] !== 'tool_use') continue;
    const found = results.find((block) => block['tool_use_id'] === use['id']);
    const { is_error: isError, content } = found ?? {};
    const said = `Error: Tool '${textOf(use['name']) ?? ''}' not found`;
    if (isError === true && content === said) record(runtime, use);
  }
}

function record(runtime: Runtime, toolUse: ToolUse): void {
  runtime.diagnostics.protect(
    'anthropic.unknown',
    () =>
      recordUnknownTool(
        runtime.guard,
        proposedToolCall(runtime, {
          tool: textOf(toolUse.name) ?? '',
          toolUseId: textOf(toolUse.id),
          arguments: toolUse.input,
          description: undefined,
          signal: undefined,
        }),
      ),
    undefined,
  );
}

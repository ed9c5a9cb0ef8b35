import type { ModelCall } from '../../model/model-call.ts';
import { fieldsOf, listOf, text, type Fields } from '../../model/fields.ts';
import { isProvided, namesOf } from './responses-items.ts';

/**
 * The request without what is revoked. Under a framework that judges its own tools only the provider's are taken out, which
 * no framework sees; of a hosted MCP server that names its tools, those that are revoked.
 */
export function withoutRevoked(body: Fields, call: ModelCall): Fields {
  const tools = listOf(body['tools']);
  const kept = tools.flatMap((tool) => keptOf(tool, call));
  const isSame = kept.length === tools.length && kept.every((tool, index) => tool === tools[index]);
  if (isSame) return body;
  if (kept.length === 0) {
    const { tools: _tools, tool_choice: _choice, parallel_tool_calls: _parallel, ...none } = body;
    return none;
  }
  return { ...body, tools: kept, ...(choiceIsGone(body, kept) ? { tool_choice: 'auto' } : {}) };
}

function keptOf(tool: Fields, call: ModelCall): readonly Fields[] {
  if (!call.judgesTools && !isProvided(tool)) return [tool];
  if (!namesOf(tool).every((name) => call.offers(name))) return [];
  return tool['type'] === 'mcp' ? keptOfServer(tool, call) : [tool];
}

/** A list of names, or `{tool_names}`. Without a list the server's tools are not known before it is asked. */
function keptOfServer(tool: Fields, call: ModelCall): readonly Fields[] {
  const { allowed_tools: allowed } = tool;
  const names = Array.isArray(allowed) ? allowed : fieldsOf(allowed)['tool_names'];
  if (!Array.isArray(names)) return [tool];
  const kept = names.filter((name: unknown) => call.offers(text(name) ?? ''));
  if (kept.length === names.length) return [tool];
  if (kept.length === 0) return [];
  const list = Array.isArray(allowed) ? kept : { ...fieldsOf(allowed), tool_names: kept };
  return [{ ...tool, allowed_tools: list }];
}

/** A choice that names a tool which is gone would be refused by the provider. */
function choiceIsGone(body: Fields, kept: readonly Fields[]): boolean {
  const { tool_choice: choice } = body;
  if (typeof choice !== 'object' || choice === null) return false;
  const wanted = namesOf(choice as Fields);
  return !kept.some((tool) => namesOf(tool).some((name) => wanted.includes(name)));
}

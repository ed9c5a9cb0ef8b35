import { createHash } from 'node:crypto';

import type { Settled } from '../../guard/judge.ts';
import { UNSEEN } from '../../guard/judge.ts';
import type { AskedCall } from '../../model/model-call.ts';
import { fieldsOf, parsed, resultOf, text, unparsed, type Fields } from '../../model/fields.ts';

/** A call in an answer of the Responses API that the application makes, and how to write other arguments into it. */
interface CallKind {
  /** Where the tool has no name of its own. */
  readonly tool?: string;
  /** Of the item: what the tool gets. */
  readonly given: string;
  /** The arguments are JSON in a text. */
  readonly isJson?: true;
}

/** Kinds of items that the application acts on, by their `type`. */
const CALLS: ReadonlyMap<unknown, CallKind> = new Map<unknown, CallKind>([
  ['function_call', { given: 'arguments', isJson: true }],
  ['custom_tool_call', { given: 'input' }],
  ['local_shell_call', { tool: 'local_shell', given: 'action' }],
  ['shell_call', { tool: 'shell', given: 'action' }],
  ['apply_patch_call', { tool: 'apply_patch', given: 'operation' }],
  ['computer_call', { tool: 'computer', given: 'action' }],
]);

/** The call that an item of an answer asks for; undefined for all other items. */
export function askedCall(item: Fields): AskedCall | undefined {
  const kind = CALLS.get(item['type']);
  if (kind === undefined) return undefined;
  const tool = kind.tool ?? text(item['name']);
  if (tool === undefined) return undefined;
  const given = item[kind.given];
  return {
    tool,
    toolCallId: text(item['call_id']) ?? text(item['id']),
    arguments: kind.isJson === true ? parsed(given) : given,
  };
}

/** The item with other arguments. */
export function withArguments(item: Fields, args: unknown): Fields {
  const kind = CALLS.get(item['type']);
  if (kind === undefined) return item;
  return { ...item, [kind.given]: kind.isJson === true ? unparsed(args) : args };
}

/**
 * What stands in an answer in place of a call that was refused: the model's own words, which the application echoes. Its id
 * is made of the whole call, as ids of calls repeat between conversations.
 */
export function refusalItem(item: Fields, message: string): Fields {
  return {
    id: `msg_${createHash('sha256').update(JSON.stringify(item)).digest('hex').slice(0, 32)}`,
    type: 'message',
    role: 'assistant',
    status: 'completed',
    content: [{ type: 'output_text', text: message, annotations: [] }],
  };
}

/** Tools that the provider runs, by the `type` of the items that tell of them. */
const PROVIDED: ReadonlyMap<unknown, string> = new Map<unknown, string>([
  ['web_search_call', 'web_search'],
  ['file_search_call', 'file_search'],
  ['code_interpreter_call', 'code_interpreter'],
  ['image_generation_call', 'image_generation'],
  ['mcp_call', 'mcp'],
]);

/** A call that the provider has made, with what it tells of it. */
export function providedCall(
  item: Fields,
): { readonly call: AskedCall; readonly settled: Settled } | undefined {
  const kind = PROVIDED.get(item['type']);
  if (kind === undefined) return undefined;
  const toolCallId = text(item['id']);
  if (kind === 'mcp') {
    const tool = text(item['name']) ?? kind;
    const call = { tool, toolCallId, arguments: parsed(item['arguments']) };
    return { call, settled: settledOf(item['error'], item['output']) };
  }
  const { action, queries, code } = item;
  const failed = item['status'] === 'failed' ? 'the provider says that it failed' : undefined;
  const call = { tool: kind, toolCallId, arguments: action ?? queries ?? code };
  return { call, settled: settledOf(failed, item['results'] ?? item['outputs']) };
}

/** Most of the provider's tools tell that they ran and not what they gave: that is no empty result. */
function settledOf(error: unknown, result: unknown): Settled {
  if (error !== undefined && error !== null) {
    const message = text(error) ?? text(fieldsOf(error)['message']) ?? 'failed';
    return { kind: 'threw', error: new ProviderToolError(message) };
  }
  const given = result === null || result === undefined ? UNSEEN : resultOf(result);
  return { kind: 'returned', value: given };
}

/** What a tool of the provider failed with. */
class ProviderToolError extends Error {
  override readonly name = 'ProviderToolError';
}

/** Names under which a tool of a request may be revoked: its own, and those of the provider's tools by their kind. */
export function namesOf(tool: Fields): readonly string[] {
  const type = text(tool['type']) ?? '';
  switch (type) {
    case 'function':
    case 'custom':
      return [text(tool['name']) ?? ''];
    case 'mcp':
      return ['mcp', text(tool['server_label']) ?? 'mcp'];
    case 'computer_use_preview':
      return ['computer'];
    default:
      // `web_search_preview_2025_03_11` and `web_search` are one tool.
      return [type, type.replace(/_preview(?:_.*)?$|_\d{4}_\d{2}_\d{2}$/, '')];
  }
}

/** Is it one whose calls the provider makes by itself? */
export function isProvided(tool: Fields): boolean {
  const names = namesOf(tool);
  return [...PROVIDED.values()].some((kind) => names.includes(kind));
}

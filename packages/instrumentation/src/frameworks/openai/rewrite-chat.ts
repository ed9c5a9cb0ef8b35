import type { Verdict } from '../../model/judge-answer.ts';
import type { AskedCall } from '../../model/model-call.ts';
import { fieldsOf, listOf, parsed, text, unparsed, type Fields } from '../../model/fields.ts';

/** A tool call of a chat completion, in the two kinds that it has. */
export function askedCall(call: Fields): AskedCall | undefined {
  const { name, given } = partsOf(call);
  const tool = text(name);
  if (tool === undefined) return undefined;
  const args = call['type'] === 'custom' ? given : parsed(given);
  return { tool, toolCallId: text(call['id']), arguments: args };
}

function partsOf(call: Fields): { readonly name: unknown; readonly given: unknown } {
  if (call['type'] === 'custom') {
    const { name, input } = fieldsOf(call['custom']);
    return { name, given: input };
  }
  const { name, arguments: given } = fieldsOf(call['function']);
  return { name, given };
}

/** The one call of a message in the deprecated form: it has no id. */
export const FUNCTION_CALL = 'function_call';

/** The calls of a message that can be read, in both forms. */
export function callsIn(message: Fields): readonly Fields[] {
  const { function_call: about } = message;
  const own = listOf(message['tool_calls']);
  return [...own, { type: FUNCTION_CALL, function: about }].filter(
    (call) => askedCall(call) !== undefined,
  );
}

/** Calls as members of a message. */
export function asMembers(calls: readonly Fields[]): Fields {
  const old = calls.find(({ type }) => type === FUNCTION_CALL);
  const own = calls.filter((call) => call !== old);
  return {
    ...(own.length === 0 ? {} : { tool_calls: own }),
    ...(old === undefined ? {} : { function_call: old['function'] }),
  };
}

/** The result of a call, as a message. */
export function resultMessage(call: Fields, content: string): Fields {
  if (call['type'] !== FUNCTION_CALL) return { role: 'tool', tool_call_id: call['id'], content };
  return { role: 'function', name: fieldsOf(call['function'])['name'], content };
}

/** The call with other arguments. */
export function withArguments(call: Fields, args: unknown): Fields {
  const given = unparsed(args);
  return call['type'] === 'custom'
    ? { ...call, custom: { ...fieldsOf(call['custom']), input: given } }
    : { ...call, function: { ...fieldsOf(call['function']), arguments: given } };
}

/** Calls and what is to be done with them, one for one. */
export interface Judged {
  readonly calls: readonly Fields[];
  readonly verdicts: readonly Verdict[];
}

/** The calls that reach the application, and what the model is told of the others. */
export function applied({ calls, verdicts }: Judged): {
  readonly kept: readonly Fields[];
  readonly refusals: string;
} {
  const kept = calls.flatMap((call, index) => {
    const verdict = verdicts[index];
    if (verdict?.kind === 'refused') return [];
    return [verdict?.kind === 'changed' ? withArguments(call, verdict.arguments) : call];
  });
  const refusals = verdicts.flatMap((verdict) =>
    verdict.kind === 'refused' ? [verdict.message] : [],
  );
  return { kept, refusals: refusals.join('\n') };
}

/**
 * Rewrites a choice of an answer in place: refused calls are gone. Where none is left, the answer ends as one that asks for
 * nothing, and says why.
 */
export function rewriteChoice(choice: Record<string, unknown>, judged: Judged): void {
  const message = fieldsOf(choice['message']) as Record<string, unknown>;
  const { kept, refusals } = applied(judged);
  delete message['tool_calls'];
  delete message['function_call'];
  if (kept.length > 0) {
    Object.assign(message, asMembers(kept));
    return;
  }
  choice['finish_reason'] = 'stop';
  message['content'] = joined(message['content'], refusals);
}

function joined(content: unknown, refusals: string): string {
  const before = text(content);
  return before === undefined ? refusals : `${before}\n\n${refusals}`;
}

/** The tool calls of a choice that can be read. */
export function callsOf(choice: Fields): readonly Fields[] {
  return callsIn(fieldsOf(choice['message']));
}

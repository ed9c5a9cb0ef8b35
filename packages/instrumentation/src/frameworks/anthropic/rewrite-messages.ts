import type { Verdict } from '../../model/judge-answer.ts';
import type { AskedCall, ModelCall } from '../../model/model-call.ts';
import { fieldsOf, text, type Fields } from '../../model/fields.ts';

/** A call in an answer that the application is to make. */
export function askedCall(block: Fields): AskedCall | undefined {
  const tool = text(block['name']);
  if (block['type'] !== 'tool_use' || tool === undefined) return undefined;
  return { tool, toolCallId: text(block['id']), arguments: block['input'] };
}

/** An answer's blocks, and what is to be done with the calls among them, one for one. */
export interface Judged {
  readonly blocks: readonly Fields[];
  readonly verdicts: readonly Verdict[];
}

/** The blocks that reach the application: a refused call is a text in its place, which goes back to the model. */
export function applied(
  blocks: readonly Fields[],
  verdicts: readonly Verdict[],
): readonly Fields[] {
  let next = 0;
  return blocks.map((block) => {
    if (askedCall(block) === undefined) return block;
    const verdict = verdicts[next];
    next += 1;
    switch (verdict?.kind) {
      case 'refused':
        return { type: 'text', text: verdict.message, citations: null };
      case 'changed':
        return { ...block, input: verdict.arguments };
      default:
        return block;
    }
  });
}

/** An answer in which no call is left ends as one that asks for nothing. */
export function stopReasonAfter(blocks: readonly Fields[], reason: unknown): unknown {
  const asks = blocks.some((block) => block['type'] === 'tool_use');
  return reason === 'tool_use' && !asks ? 'end_turn' : reason;
}

/** Calls of the provider's own tools and of its MCP connector stand in the answer with their results. */
export function tellProviderCalls(call: ModelCall, blocks: readonly Fields[]): void {
  for (const block of blocks) {
    const { type, id, name, input } = block;
    const tool = text(name);
    if ((type !== 'server_tool_use' && type !== 'mcp_tool_use') || tool === undefined) continue;
    const result = blocks.find((other) => other['tool_use_id'] === id);
    // Without one, the provider goes on with it in its next answer.
    if (result === undefined) continue;
    call.seen(
      { tool, toolCallId: text(id), arguments: input },
      { kind: 'returned', value: providerResult(result) },
    );
  }
}

/** What the provider says of the result, as tools of MCP have it: an error is one by its kind. */
function providerResult(block: Fields): unknown {
  const { content } = block;
  const code = text(fieldsOf(content)['error_code']);
  if (code !== undefined) return { isError: true, content: [{ type: 'text', text: code }] };
  return block['is_error'] === true ? { isError: true, content } : content;
}

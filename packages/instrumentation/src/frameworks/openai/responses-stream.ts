import type { Verdict } from '../../model/judge-answer.ts';
import type { ModelCall } from '../../model/model-call.ts';
import { count, fieldsOf, listOf, type Fields } from './fields.ts';
import { askedCall } from './responses-items.ts';
import type { Refusals } from './responses-refusals.ts';
import { rewriteAnswer, rewrittenItem, seeProvided } from './rewrite-responses.ts';

/** Events that end an answer and bring it whole. */
const ENDS: ReadonlySet<unknown> = new Set([
  'response.completed',
  'response.incomplete',
  'response.failed',
]);

/**
 * Passes a streamed response on. Where something in force may refuse a tool call, everything from the first tool call on
 * waits until the answer is complete, and is judged then.
 */
export async function* responsesStream(
  call: ModelCall,
  parts: AsyncIterable<unknown>,
  refusals: Refusals,
): AsyncGenerator<unknown, Fields | undefined> {
  const waits = call.judgesTools && call.mayRefuse();
  let answer: Fields | undefined;
  let held: Fields[] = [];
  for await (const part of parts) {
    const event = fieldsOf(part);
    const isEnd = ENDS.has(event['type']);
    if (isEnd) answer = fieldsOf(event['response']);
    if (!waits || (held.length === 0 && !begins(event) && !isEnd)) {
      if (isEnd && answer !== undefined) await see(call, answer);
      yield part;
      continue;
    }
    held.push(event);
    if (!isEnd || answer === undefined) continue;
    seeAll(call, answer);
    // The facts of the answer are those before it is rewritten.
    answer = { ...answer };
    yield* judged(call, held, refusals);
    held = [];
  }
  // A stream that ended before its answer did: no call of it is complete, and none is passed on.
  yield* held.filter((event) => !isOfCall(event, held));
  return answer;
}

/** Nothing can be refused: what is asked for is only followed. */
async function see(call: ModelCall, answer: Fields): Promise<void> {
  seeAll(call, answer);
  if (!call.judgesTools) return;
  const asked = listOf(answer['output']).flatMap((item) => askedCall(item) ?? []);
  if (asked.length > 0) await call.judge(asked);
}

function seeAll(call: ModelCall, answer: Fields): void {
  for (const item of listOf(answer['output'])) seeProvided(call, item);
}

/** The first event of a tool call. */
function begins(event: Fields): boolean {
  return (
    event['type'] === 'response.output_item.added' &&
    askedCall(fieldsOf(event['item'])) !== undefined
  );
}

function isOfCall(event: Fields, held: readonly Fields[]): boolean {
  const { output_index: index } = event;
  return held.some((other) => begins(other) && other['output_index'] === index);
}

async function* judged(
  call: ModelCall,
  held: readonly Fields[],
  refusals: Refusals,
): AsyncGenerator<unknown> {
  const end = held.at(-1) ?? {};
  const answer = fieldsOf(end['response']);
  const output = listOf(answer['output']);
  const items = output.filter((item) => askedCall(item) !== undefined);
  const verdicts = await call.judge(items.flatMap((item) => askedCall(item) ?? []));
  if (verdicts.every(({ kind }) => kind === 'as_is')) {
    yield* held;
    return;
  }
  const judgements = { items, verdicts };
  refusals.note(answer, judgements);
  const byIndex = new Map<number, { readonly item: Fields; readonly verdict: Verdict }>();
  for (const [at, item] of items.entries()) {
    const verdict = verdicts[at];
    if (verdict === undefined || verdict.kind === 'as_is') continue;
    byIndex.set(output.indexOf(item), { item, verdict });
  }
  for (const event of held.slice(0, -1)) {
    const found = byIndex.get(count(event['output_index']) ?? -1);
    if (found === undefined) yield event;
    // In one piece where the call is complete, as what it is to be.
    else if (event['type'] === 'response.output_item.done') {
      yield* eventsOf(event, rewrittenItem(found.item, found.verdict));
    }
  }
  const rewritten = { ...answer };
  rewriteAnswer(rewritten, judgements);
  yield { ...end, response: rewritten };
}

/** An item as events, as the SDK's own helpers expect them. */
function* eventsOf(event: Fields, item: Fields): Generator<Fields> {
  const { output_index, sequence_number } = event;
  const place = { output_index, sequence_number };
  const about = { ...place, item_id: item['id'] };
  if (item['type'] === 'function_call') {
    const { arguments: given } = item;
    const empty = { ...item, arguments: '', status: 'in_progress' };
    yield { type: 'response.output_item.added', ...place, item: empty };
    yield { type: 'response.function_call_arguments.delta', ...about, delta: given };
    yield {
      type: 'response.function_call_arguments.done',
      ...about,
      name: item['name'],
      arguments: given,
    };
  } else if (item['type'] === 'message') {
    const [part = {}] = listOf(item['content']);
    const inner = { ...about, content_index: 0 };
    const empty = { ...item, content: [], status: 'in_progress' };
    yield { type: 'response.output_item.added', ...place, item: empty };
    yield { type: 'response.content_part.added', ...inner, part: { ...part, text: '' } };
    yield { type: 'response.output_text.delta', ...inner, delta: part['text'], logprobs: [] };
    yield { type: 'response.output_text.done', ...inner, text: part['text'], logprobs: [] };
    yield { type: 'response.content_part.done', ...inner, part };
  } else {
    yield { type: 'response.output_item.added', ...place, item };
  }
  yield { ...event, item };
}

import type { Verdict } from '../../model/judge-answer.ts';
import type { ModelCall } from '../../model/model-call.ts';
import { count, fieldsOf, listOf, text, type Fields } from '../../model/fields.ts';
import type { Again, Exchange, Streamed } from '../../model/endpoint.ts';
import { askedCall } from './responses-items.ts';
import { askedAgain, type Refusals } from './responses-refusals.ts';
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
  exchange: Exchange,
  parts: AsyncIterable<unknown>,
  refusals: Refusals,
): AsyncGenerator<unknown, Streamed> {
  const { call } = exchange;
  const waits = call.judgesTools && call.mayRefuse();
  let answer: Fields | undefined;
  let held: Fields[] = [];
  let again: Again | undefined;
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
    again = yield* judged(exchange, held, refusals);
    held = [];
  }
  // A stream that ended before its answer did: no call of it is complete, and none is passed on.
  yield* held.filter((event) => !isOfCall(event, held));
  return { answer, again };
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
  exchange: Exchange,
  held: readonly Fields[],
  refusals: Refusals,
): AsyncGenerator<unknown, Again | undefined> {
  const end = held.at(-1) ?? {};
  const answer = fieldsOf(end['response']);
  const output = listOf(answer['output']);
  const items = output.filter((item) => askedCall(item) !== undefined);
  const verdicts = await exchange.call.judge(items.flatMap((item) => askedCall(item) ?? []));
  if (verdicts.every(({ kind }) => kind === 'as_is')) {
    yield* held;
    return undefined;
  }
  const judgements = { items, verdicts };
  const passed = output.filter((item) => !items.includes(item));
  // What follows on goes where the calls were: they are the last, or it cannot follow on.
  const areLast = items.every((item) => output.indexOf(item) >= passed.length);
  const body = areLast ? askedAgain(exchange, output, judgements) : undefined;
  if (body !== undefined) {
    const follow = (part: unknown): unknown =>
      followOn(fieldsOf(part), { answer, passed, refusals });
    return { body, follow };
  }
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
  return undefined;
}

/** Events of a second answer as those of the first, whose `passed` items the application has. */
function followOn(event: Fields, { answer, passed, refusals }: Before): Fields | undefined {
  const { type, output_index: index, response } = event;
  if (type === 'response.created' || type === 'response.in_progress') return undefined;
  if (typeof index === 'number') return { ...event, output_index: index + passed.length };
  if (!ENDS.has(type)) return event;
  const whole = fieldsOf(response);
  const { id } = answer;
  refusals.followed(text(id), text(whole['id']));
  return { ...event, response: { ...whole, id, output: [...passed, ...listOf(whole['output'])] } };
}

/** The answer that the application has begun to get. */
interface Before {
  readonly answer: Fields;
  readonly passed: readonly Fields[];
  readonly refusals: Refusals;
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

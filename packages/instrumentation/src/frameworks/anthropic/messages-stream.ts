import type { Again, Exchange, Streamed } from '../../model/endpoint.ts';
import { count, fieldsOf, parsed, text, type Fields } from '../../model/fields.ts';
import { askedAgain, type RefusedUses } from './refused-uses.ts';
import { applied, askedCall, stopReasonAfter, tellProviderCalls } from './rewrite-messages.ts';

/** A block of a streamed answer, as it grows. */
interface GrowingBlock {
  readonly start: Fields;
  text: string;
  json: string;
}

/**
 * Passes a streamed message on. Where something in force may refuse a call, everything from the first call on waits until
 * the message is complete, and is judged then; the text before it is passed on as it comes. Gives the answer as if it had
 * come whole.
 */
export async function* messagesStream(
  exchange: Exchange,
  parts: AsyncIterable<unknown>,
  refused: RefusedUses,
): AsyncGenerator<unknown, Streamed> {
  const { call } = exchange;
  const blocks = new Map<number, GrowingBlock>();
  let facts: Fields = {};
  const waits = call.judgesTools && call.mayRefuse();
  let held: Fields[] = [];
  let again: Again | undefined;
  for await (const part of parts) {
    const event = fieldsOf(part);
    facts = withFacts(facts, event);
    grow(blocks, event);
    if (again !== undefined) continue;
    if (!waits || (held.length === 0 && !beginsCall(event))) {
      yield part;
      continue;
    }
    if (event['type'] !== 'message_delta') {
      held.push(event);
      continue;
    }
    const waiting = { facts, blocks, held: [...held, event], refused };
    again = yield* judged(exchange, waiting);
    held = [];
  }
  const content = [...blocks.values()].map(wholeBlock);
  tellProviderCalls(call, content);
  // A stream that ended before its message did: no call in it is complete, and none is passed on.
  if (call.judgesTools && !waits) {
    await call.judge(content.flatMap((block) => askedCall(block) ?? []));
  }
  return { answer: { ...facts, role: 'assistant', content }, again };
}

function withFacts(facts: Fields, event: Fields): Fields {
  if (event['type'] === 'message_start') {
    const { id, model, usage } = fieldsOf(event['message']);
    return { ...facts, id, model, usage };
  }
  if (event['type'] !== 'message_delta') return facts;
  const usage = { ...fieldsOf(facts['usage']), ...fieldsOf(event['usage']) };
  return { ...facts, usage, stop_reason: fieldsOf(event['delta'])['stop_reason'] };
}

function grow(blocks: Map<number, GrowingBlock>, event: Fields): void {
  const index = count(event['index']) ?? 0;
  if (event['type'] === 'content_block_start') {
    const start = fieldsOf(event['content_block']);
    blocks.set(index, { start, text: text(start['text']) ?? '', json: '' });
    return;
  }
  const block = blocks.get(index);
  if (event['type'] !== 'content_block_delta' || block === undefined) return;
  const delta = fieldsOf(event['delta']);
  block.text += text(delta['text']) ?? '';
  block.json += text(delta['partial_json']) ?? '';
}

function beginsCall(event: Fields): boolean {
  return (
    event['type'] === 'content_block_start' &&
    fieldsOf(event['content_block'])['type'] === 'tool_use'
  );
}

function wholeBlock({ start, text: said, json }: GrowingBlock): Fields {
  if (start['type'] === 'text') return { ...start, text: said };
  return json === '' ? start : { ...start, input: parsed(json) };
}

/** What is passed on in place of the events that waited, the last of which says why the message ends. */
async function* judged(
  exchange: Exchange,
  { facts, blocks, held, refused }: Waiting,
): AsyncGenerator<unknown, Again | undefined> {
  const whole = [...blocks].map(([index, block]) => ({ index, block: wholeBlock(block) }));
  const content = whole.map(({ block }) => block);
  const verdicts = await exchange.call.judge(content.flatMap((block) => askedCall(block) ?? []));
  if (verdicts.every(({ kind }) => kind === 'as_is')) {
    yield* held;
    return undefined;
  }
  const judgement = { blocks: content, verdicts };
  // What follows on goes where the calls were: they are the last, or it cannot follow on.
  const before = content.filter((block) => askedCall(block) === undefined);
  const areLast = before.every((block, index) => block === content[index]);
  const body = areLast ? askedAgain(exchange, facts, judgement) : undefined;
  if (body !== undefined) {
    const follow = (part: unknown): unknown => {
      const event = fieldsOf(part);
      if (event['type'] !== 'message_start') return shifted(event, before.length);
      refused.followed(facts['id'], fieldsOf(event['message'])['id']);
      return undefined;
    };
    return { body, follow };
  }
  refused.note(exchange.asked, facts, judgement);
  const passed = applied(content, verdicts);
  const changed = new Map(
    whole.flatMap(({ index, block }, at) => {
      const after = passed[at];
      return after === undefined || after === block ? [] : [[index, after] as const];
    }),
  );
  for (const event of held) {
    const index = count(event['index']) ?? -1;
    const block = changed.get(index);
    if (event['type'] === 'message_delta') {
      const delta = fieldsOf(event['delta']);
      const reason = stopReasonAfter(passed, delta['stop_reason']);
      yield { ...event, delta: { ...delta, stop_reason: reason } };
    } else if (block === undefined || !isOfBlock(event)) yield event;
    else if (event['type'] === 'content_block_start') yield* eventsOf(index, block);
  }
  return undefined;
}

/** What has come of a stream and waits. */
interface Waiting {
  readonly facts: Fields;
  readonly blocks: ReadonlyMap<number, GrowingBlock>;
  readonly held: readonly Fields[];
  readonly refused: RefusedUses;
}

/** An event of a second message as one of the first, of which the application has so many blocks. */
function shifted(event: Fields, passed: number): Fields {
  return isOfBlock(event) ? { ...event, index: (count(event['index']) ?? 0) + passed } : event;
}

function isOfBlock({ type }: Fields): boolean {
  return typeof type === 'string' && type.startsWith('content_block_');
}

/** A block as the provider streams it: begun empty, then what is in it. */
function* eventsOf(index: number, block: Fields): Generator<Fields> {
  const isText = block['type'] === 'text';
  const empty = isText ? { ...block, text: '' } : { ...block, input: {} };
  const delta = isText
    ? { type: 'text_delta', text: block['text'] }
    : { type: 'input_json_delta', partial_json: JSON.stringify(block['input']) };
  yield { type: 'content_block_start', index, content_block: empty };
  yield { type: 'content_block_delta', index, delta };
  yield { type: 'content_block_stop', index };
}

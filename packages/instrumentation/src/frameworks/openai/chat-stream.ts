import type { AskedCall } from '../../model/model-call.ts';
import type { Again, Exchange, Streamed } from '../../model/endpoint.ts';
import { count, fieldsOf, listOf, text, type Fields } from '../../model/fields.ts';
import { askedAgain, type RefusedCalls } from './refused-calls.ts';
import { applied, askedCall, asMembers, FUNCTION_CALL } from './rewrite-chat.ts';

/** A choice of a streamed answer, as it grows. */
interface Choice {
  readonly index: number;
  content: string;
  readonly calls: GrowingCall[];
  finishReason: unknown;
}

interface GrowingCall {
  readonly at: number;
  readonly isOld: boolean;
  id: string;
  type: string;
  name: string;
  given: string;
}

/**
 * Passes a streamed chat completion on. Its text is passed on as it comes; where something in force may refuse a tool call,
 * the parts of tool calls wait until their choice is complete, and are judged then. Gives the answer as if it had come whole.
 */
export async function* chatStream(
  exchange: Exchange,
  parts: AsyncIterable<unknown>,
  refused: RefusedCalls,
): AsyncGenerator<unknown, Streamed> {
  const { call } = exchange;
  const choices = new Map<number, Choice>();
  let facts: Fields = {};
  const waits = call.judgesTools && call.mayRefuse();
  let held: Fields[] = [];
  let again: Again | undefined;
  for await (const part of parts) {
    const chunk = fieldsOf(part);
    facts = { ...facts, ...present(chunk) };
    for (const choice of listOf(chunk['choices'])) grow(choices, choice);
    if (!waits) {
      yield part;
      continue;
    }
    if (again !== undefined) continue;
    if (held.length === 0 && !hasToolCalls(chunk)) {
      yield part;
      continue;
    }
    held.push(chunk);
    if (![...choices.values()].every(isComplete)) continue;
    again = yield* judged(exchange, { choices, held, refused });
    held = [];
  }
  // A stream that ended before its choices did is judged as what has come of it.
  if (held.length > 0) again = yield* judged(exchange, { choices, held, refused });
  if (call.judgesTools && !waits) await call.judge(allCalls(choices));
  return { answer: wholeAnswer(facts, choices), again };
}

function present({ id, model, usage }: Fields): Fields {
  return {
    ...(text(id) === undefined ? {} : { id }),
    ...(text(model) === undefined ? {} : { model }),
    ...(typeof usage === 'object' && usage !== null ? { usage } : {}),
  };
}

function hasToolCalls(chunk: Fields): boolean {
  return listOf(chunk['choices']).some((choice) => piecesOf(fieldsOf(choice['delta'])).length > 0);
}

/** A piece of a call. */
interface Piece {
  readonly piece: Fields;
  /** In the deprecated form, which has one call a message. */
  readonly isOld: boolean;
}

function piecesOf(delta: Fields): readonly Piece[] {
  const { function_call: old } = delta;
  const hasOld = typeof old === 'object' && old !== null;
  return [
    ...listOf(delta['tool_calls']).map((piece) => ({ piece, isOld: false })),
    ...(hasOld ? [{ piece: { type: FUNCTION_CALL, function: old }, isOld: true }] : []),
  ];
}

function isComplete({ calls, finishReason }: Choice): boolean {
  return calls.length === 0 || typeof finishReason === 'string';
}

function grow(choices: Map<number, Choice>, part: Fields): void {
  const index = count(part['index']) ?? 0;
  const choice: Choice = choices.get(index) ?? {
    index,
    content: '',
    calls: [],
    finishReason: undefined,
  };
  choices.set(index, choice);
  const delta = fieldsOf(part['delta']);
  choice.content += text(delta['content']) ?? '';
  choice.finishReason = part['finish_reason'] ?? choice.finishReason;
  for (const { piece, isOld } of piecesOf(delta)) {
    const at = count(piece['index']) ?? 0;
    const type = text(piece['type']);
    const about = fieldsOf(piece['function'] ?? piece['custom']);
    const id = text(piece['id']);
    // Neither form is a part of the other: together they would be judged by a name that no tool has.
    const begun = choice.calls.findLast((call) => call.at === at && call.isOld === isOld);
    // Some servers give every call the number 0.
    const isNext = begun?.name !== '' && id !== begun?.id && text(about['name']) !== undefined;
    const next = { at, isOld, id: '', type: 'function', name: '', given: '' };
    const grown = begun === undefined || (isNext && id !== undefined) ? next : begun;
    if (grown === next) choice.calls.push(next);
    grown.id = id ?? grown.id;
    grown.type = type ?? grown.type;
    grown.name += text(about['name']) ?? '';
    grown.given += text(about['arguments']) ?? text(about['input']) ?? '';
  }
}

function callsOf({ calls }: Choice): readonly Fields[] {
  return calls.map(({ isOld, id, type, name, given }) => {
    if (type === 'custom') return { id, type, custom: { name, input: given } };
    const about = { name, arguments: given };
    return isOld ? { type, function: about } : { id, type, function: about };
  });
}

function allCalls(choices: ReadonlyMap<number, Choice>): readonly AskedCall[] {
  return [...choices.values()].flatMap((choice) =>
    callsOf(choice).flatMap((each) => askedCall(each) ?? []),
  );
}

/**
 * What is passed on in place of the parts that waited: the very same where every call is as it was; else the text of them,
 * the calls that are left, whole, and the reason for which the answer ends.
 */
async function* judged(
  exchange: Exchange,
  { choices, held, refused }: Waiting,
): AsyncGenerator<unknown, Again | undefined> {
  const verdicts = await exchange.call.judge(allCalls(choices));
  if (verdicts.every(({ kind }) => kind === 'as_is')) {
    yield* held;
    return undefined;
  }
  const [first] = held;
  const [only] = choices.values();
  if (choices.size === 1 && only !== undefined) {
    const calls = readableCalls(only);
    const body = askedAgain(exchange, { content: only.content }, { calls, verdicts });
    if (body !== undefined) {
      const { index } = only;
      for (const delta of textOf(held, index)) {
        yield { ...first, choices: [{ index, delta, finish_reason: null }] };
      }
      return { body, follow: (part) => part };
    }
  }
  let from = 0;
  for (const choice of choices.values()) {
    const calls = readableCalls(choice);
    const own = verdicts.slice(from, (from += calls.length));
    const { kept, refusals } = applied({ calls, verdicts: own });
    refused.note(exchange.asked, { calls, verdicts: own });
    const { index } = choice;
    const isLast = kept.length === 0 && refusals !== '';
    const withText = isLast ? [{ content: textAfter(choice, refusals) }] : [];
    const withCalls = kept.map((each, at) =>
      'id' in each ? { tool_calls: [{ index: at, ...each }] } : asMembers([each]),
    );
    const before = textOf(held, index);
    for (const delta of [...before, ...withText, ...withCalls]) {
      yield { ...first, choices: [{ index, delta, finish_reason: null }] };
    }
    const reason = calls.length > 0 && kept.length === 0 ? 'stop' : choice.finishReason;
    yield { ...first, choices: [{ index, delta: {}, finish_reason: reason ?? null }] };
  }
  yield* held.filter((chunk) => listOf(chunk['choices']).length === 0);
  return undefined;
}

/** What has come of a stream and waits. */
interface Waiting {
  readonly choices: ReadonlyMap<number, Choice>;
  readonly held: readonly Fields[];
  readonly refused: RefusedCalls;
}

function readableCalls(choice: Choice): readonly Fields[] {
  return callsOf(choice).filter((each) => askedCall(each) !== undefined);
}

/** Text that came between parts of tool calls. */
function textOf(held: readonly Fields[], index: number): readonly Fields[] {
  return held
    .flatMap((chunk) => listOf(chunk['choices']))
    .filter((choice) => (count(choice['index']) ?? 0) === index)
    .flatMap((choice) => {
      const { role, content } = fieldsOf(choice['delta']);
      const about = role === undefined ? {} : { role };
      return text(content) === undefined && role === undefined
        ? []
        : [{ ...about, content: content ?? '' }];
    });
}

function textAfter({ content }: Choice, refusals: string): string {
  return content === '' ? refusals : `\n\n${refusals}`;
}

function wholeAnswer(facts: Fields, choices: ReadonlyMap<number, Choice>): Fields {
  return {
    ...facts,
    choices: [...choices.values()].map((choice) => ({
      index: choice.index,
      finish_reason: choice.finishReason,
      message: { role: 'assistant', content: choice.content, ...asMembers(callsOf(choice)) },
    })),
  };
}

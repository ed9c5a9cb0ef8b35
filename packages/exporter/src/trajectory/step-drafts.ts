import { compareNanos } from '../assemble/iso-time.ts';
import type { RunPart } from '../assemble/partition.ts';
import { eventTime } from '../assemble/records.ts';
import type {
  Message,
  OmittedPart,
  ProposedCall,
  RepeatedResult,
  TokenUsage,
} from '../decode/dialects/span-view.ts';
import type { InSteps } from '../in-steps.ts';
import { MessageLedger } from './message-ledger.ts';
import { callOf, modelCallsOf, type ModelCall } from './model-calls.ts';
import { repeatedCalls } from './repeated-calls.ts';
import type { ToolUse } from './tool-uses.ts';

/** A tool call of a step: what the model proposed, what a span says ran, and what a history says came back. */
export interface CallDraft {
  id: string | undefined;
  readonly proposed: ProposedCall | undefined;
  use: ToolUse | undefined;
  repeated: RepeatedResult | undefined;
}

/** A step before it is numbered, redacted and written. */
export interface StepDraft {
  readonly source: 'system' | 'user' | 'agent';
  readonly timeUnixNano: string;
  readonly text: string;
  readonly reasoning: string | undefined;
  readonly calls: CallDraft[];
  /** Results that belong to no known call. */
  readonly looseResults: RepeatedResult[];
  readonly omitted: readonly OmittedPart[];
  /** From an earlier run of the conversation: no model call of this run said it. */
  readonly copied: boolean;
  /** Of steps that a model call made. */
  readonly modelCall: ModelCall | undefined;
  readonly usage: TokenUsage;
  /** Key of the nearest agent span: tool calls find their step by it, and steps of an agent inside say whose they are. */
  readonly agent: string | undefined;
}

/** A step of one of the plain kinds. */
export function plainStep(
  source: StepDraft['source'],
  timeUnixNano: string,
  message: Message,
): StepDraft {
  return {
    source,
    timeUnixNano,
    text: message.text,
    reasoning: source === 'agent' ? message.reasoning : undefined,
    calls: [],
    looseResults: [],
    omitted: message.omitted,
    copied: false,
    modelCall: undefined,
    usage: {},
    agent: undefined,
  };
}

/**
 * The conversation of a run: each message once, one agent step for each model call. Model calls repeat their history;
 * only what is new becomes a step, and results in it go to the calls that they answer.
 */
export function* conversationOf(part: RunPart): InSteps<StepDraft[]> {
  const ledger = new MessageLedger();
  const steps: StepDraft[] = [];
  const said = new Map<number, StepDraft>();
  const byId = new Map<string, CallDraft>();
  const told = new Map<string | undefined, ToldHistory>();
  const calls = yield* modelCallsOf(part);
  if (calls.every(({ model }) => model.input.length === 0)) {
    steps.push(...openingOf(part, ledger, calls.length > 0));
  }
  for (const [index, call] of calls.entries()) {
    const step = agentStep(call);
    const isFirst = index === 0;
    const { agent } = step;
    readHistory(call.model.input, call, { ledger, steps, said, byId, told, isFirst, agent });
    steps.push(step);
    noteIds(step, byId);
    for (const message of call.model.output) said.set(ledger.note(message), step);
    yield;
  }
  return steps;
}

/** A history as far as it was read; the next one mostly begins with it. */
interface ToldHistory {
  messages: readonly Message[];
  /** How often each message stands in it. */
  readonly seen: Map<number, number>;
  /** The calls that it tells. */
  readonly calls: Set<CallDraft>;
  /** The step of the last assistant message in it. */
  speaker: StepDraft | undefined;
}

/** What was read of the history before; nothing where it is another one. */
function toldBefore(history: readonly Message[], known: ToldHistory | undefined): ToldHistory {
  const isSame =
    known !== undefined && known.messages.every((message, index) => history[index] === message);
  return isSame ? known : { messages: [], seen: new Map(), calls: new Set(), speaker: undefined };
}

interface HistoryState {
  readonly ledger: MessageLedger;
  readonly steps: StepDraft[];
  /** The steps of assistant messages, by message. */
  readonly said: Map<number, StepDraft>;
  /** The latest call with each id. */
  readonly byId: Map<string, CallDraft>;
  /** The last history of each agent. */
  readonly told: Map<string | undefined, ToldHistory>;
  readonly isFirst: boolean;
  /** Whose history it is. */
  readonly agent: string | undefined;
}

function readHistory(history: readonly Message[], call: ModelCall, state: HistoryState): void {
  const time = call.startTimeUnixNano;
  const told = toldBefore(history, state.told.get(state.agent));
  const from = told.messages.length;
  const news = newsOf(history, from, { ledger: state.ledger, seen: told.seen });
  const lastForeign = state.isFirst ? lastAssistantIndex(history, news) : -1;
  const repeats = repeatedCalls(state.steps, told.calls);
  let { speaker } = told;
  for (let index = 0; index < news.length; index += 1) {
    const { id, isNew } = news[index] as News;
    const message = history[from + index] as Message;
    if (message.toolResults.length > 0 || message.role === 'tool') {
      answer(message.toolResults, speaker, { state, time, isNew });
      if (message.role === 'tool') continue;
    }
    if (message.role === 'assistant') {
      speaker = isNew
        ? (repeats.stepOf(message) ?? copiedStep(message, time, state))
        : state.said.get(id);
      if (speaker !== undefined) {
        state.said.set(id, speaker);
        adoptIds(speaker, message, state.byId);
        repeats.tell(speaker, message);
      }
    } else if (isNew && (message.text !== '' || message.omitted.length > 0)) {
      const source = message.role === 'system' || message.role === 'developer' ? 'system' : 'user';
      const copied = from + index < lastForeign;
      state.steps.push({ ...plainStep(source, time, message), copied, agent: state.agent });
    }
  }
  state.told.set(state.agent, Object.assign(told, { messages: history, speaker }));
}

/** A message of a history behind what was read before. */
interface News {
  /** Of the ledger. */
  readonly id: number;
  /** It has not been written. */
  readonly isNew: boolean;
}

/** What stands in a history from a place on; what is new is noted as written. */
function newsOf(
  history: readonly Message[],
  from: number,
  { ledger, seen }: { readonly ledger: MessageLedger; readonly seen: Map<number, number> },
): readonly News[] {
  const news: News[] = [];
  for (let index = from; index < history.length; index += 1) {
    const id = ledger.idOf(history[index] as Message);
    const count = (seen.get(id) ?? 0) + 1;
    seen.set(id, count);
    news.push({ id, isNew: ledger.take(id, count) });
  }
  return news;
}

/** What stands before an assistant message that no call of this run made comes from an earlier run. */
function lastAssistantIndex(history: readonly Message[], news: readonly News[]): number {
  const from = history.length - news.length;
  const last = news.findLastIndex(
    ({ isNew }, index) => isNew && history[from + index]?.role === 'assistant',
  );
  return last < 0 ? -1 : from + last;
}

function copiedStep(message: Message, time: string, state: HistoryState): StepDraft {
  const step = {
    ...plainStep('agent', time, message),
    copied: true,
    agent: state.agent,
    calls: message.toolCalls.map(draftOf),
  };
  state.steps.push(step);
  noteIds(step, state.byId);
  return step;
}

function noteIds(step: StepDraft, byId: Map<string, CallDraft>): void {
  for (const call of step.calls) if (call.id !== undefined) byId.set(call.id, call);
}

function draftOf(proposed: ProposedCall): CallDraft {
  return { id: proposed.id, proposed, use: undefined, repeated: undefined };
}

/** Some instrumentations leave ids out of answers and tell them in the next history. */
function adoptIds(step: StepDraft, message: Message, byId: Map<string, CallDraft>): void {
  for (const [index, { id }] of message.toolCalls.entries()) {
    const draft = step.calls[index];
    if (draft === undefined || draft.id !== undefined || id === undefined) continue;
    draft.id = id;
    byId.set(id, draft);
  }
}

/** Where and when a history tells results. */
interface ToldResults {
  readonly state: HistoryState;
  readonly time: string;
  /** They have not been written. */
  readonly isNew: boolean;
}

/** Hands results to the calls they answer: by id; else, for calls without one, in order after their message. */
function answer(
  results: readonly RepeatedResult[],
  speaker: StepDraft | undefined,
  { state, time, isNew }: ToldResults,
): void {
  for (const result of results) {
    const named = result.callId === undefined ? undefined : state.byId.get(result.callId);
    const open =
      named ?? speaker?.calls.find((call) => call.repeated === undefined && call.id === undefined);
    if (open !== undefined) {
      open.repeated ??= result;
      if (open.id === undefined && result.callId !== undefined) {
        open.id = result.callId;
        state.byId.set(result.callId, open);
      }
    } else if (isNew) {
      const loose = { ...plainStep('system', time, NOTHING_SAID), agent: state.agent };
      loose.looseResults.push(result);
      state.steps.push(loose);
    }
  }
}

/** The message of a step that has none. */
export const NOTHING_SAID: Message = {
  role: 'assistant',
  text: '',
  reasoning: undefined,
  toolCalls: [],
  toolResults: [],
  omitted: [],
};

function agentStep(call: ModelCall): StepDraft {
  const messages = call.model.output;
  const [only] = messages;
  const said = messages.length === 1 && only !== undefined ? only : joined(messages);
  return {
    source: 'agent',
    timeUnixNano: call.startTimeUnixNano,
    text: said.text,
    reasoning: said.reasoning,
    calls: said.toolCalls.map(draftOf),
    looseResults: [],
    omitted: said.omitted,
    copied: false,
    modelCall: call,
    usage: call.model.usage,
    agent: call.agent,
  };
}

/** What one answer said in several messages, or in none. */
function joined(messages: readonly Message[]): Message {
  const reasoning = messages.flatMap((message) => message.reasoning ?? []);
  return {
    ...NOTHING_SAID,
    text: messages
      .map(({ text }) => text)
      .filter((text) => text !== '')
      .join('\n'),
    reasoning: reasoning.length === 0 ? undefined : reasoning.join('\n'),
    toolCalls: messages.flatMap(({ toolCalls }) => toolCalls),
    omitted: messages.flatMap(({ omitted }) => omitted),
  };
}

/**
 * Where no model call tells what it was asked, the agent span's own messages do, and without them the prompts that were
 * recorded; where no model call was seen at all, the agent span's answer is the answer.
 */
function openingOf(part: RunPart, ledger: MessageLedger, hasCalls: boolean): StepDraft[] {
  const { root } = part;
  const model = root?.view.role === 'agent' ? root.view.model : undefined;
  const steps: StepDraft[] = [];
  if (root !== undefined && model !== undefined) {
    readHistory(model.input, callOf({ record: root, model }, part), {
      ledger,
      steps,
      said: new Map(),
      byId: new Map(),
      told: new Map(),
      isFirst: hasCalls,
      agent: undefined,
    });
  }
  if (steps.length === 0) steps.push(...promptsOf(part));
  if (hasCalls || root === undefined) return steps;
  for (const message of model?.output ?? []) {
    const step = plainStep('agent', root.span.endTimeUnixNano, message);
    step.calls.push(...message.toolCalls.map(draftOf));
    steps.push(step);
  }
  return steps;
}

/** What people asked, as log records tell it. */
function promptsOf(part: RunPart): StepDraft[] {
  return part.events.flatMap(({ log, view }) =>
    view?.prompt === undefined ? [] : [plainStep('user', eventTime(log), view.prompt)],
  );
}

/** Steps in the order of their time; of equal times in the order in which they were told. */
export function inOrder(steps: readonly StepDraft[]): StepDraft[] {
  return steps.toSorted((left, right) => compareNanos(left.timeUnixNano, right.timeUnixNano));
}

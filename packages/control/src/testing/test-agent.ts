import {
  ControlPath,
  type Ack,
  type ApprovalAnswer,
  type ApprovalRequest,
  type ControlState,
} from '@aftertrace/schema';
import { onTestFinished } from 'vitest';

import type { TestCompanion } from './companion.ts';

export interface ReceivedEvent {
  readonly event: string;
  readonly data: unknown;
}

/** An agent process as the companion sees it: a stream that is read, and requests. */
export interface TestAgent {
  readonly instance: string;
  /** The next event on the stream that fulfils the condition, those that came before this call included. */
  readonly next: (matches: (event: ReceivedEvent) => boolean) => Promise<ReceivedEvent>;
  readonly state: (matches?: (state: ControlState) => boolean) => Promise<ControlState>;
  readonly answer: () => Promise<ApprovalAnswer>;
  readonly received: readonly ReceivedEvent[];
  readonly ack: (state: ControlState, more?: Partial<Ack>) => Promise<Response>;
  readonly evidence: (records: readonly unknown[]) => Promise<Response>;
  readonly askApproval: (request?: Partial<ApprovalRequest>) => Promise<Response>;
  readonly disconnect: () => void;
  /** Resolves when the stream has ended. */
  readonly ended: Promise<void>;
}

export async function connectAgent(
  companion: TestCompanion,
  { instance, agent = 'support' }: { readonly instance: string; readonly agent?: string },
): Promise<TestAgent> {
  const abort = new AbortController();
  onTestFinished(() => abort.abort());
  const query = new URLSearchParams({ instance, agent });
  const response = await companion.request(`${ControlPath.STREAM}?${query.toString()}`, {
    signal: abort.signal,
  });
  if (response.status !== 200 || response.body === null)
    throw new Error(`stream: ${response.status}`);
  const events = collectEvents(response.body);
  const next: TestAgent['next'] = async (matches) => events.next(matches);
  return {
    instance,
    next,
    received: events.received,
    ended: events.ended,
    state: async (matches = () => true) => {
      const isWanted = ({ event, data }: ReceivedEvent): boolean =>
        event === 'state' && matches(data as ControlState);
      return (await next(isWanted)).data as ControlState;
    },
    answer: async () => (await next(({ event }) => event === 'approval')).data as ApprovalAnswer,
    ack: async (state, more = {}) =>
      companion.post(ControlPath.ACKS, {
        instance,
        agent,
        revision: state.revision,
        inForceSince: new Date(companion.clock.now()).toISOString(),
        containments: state.containments.map(({ id }) => ({ id, aborted: 0 })),
        ...more,
      }),
    evidence: async (records) => companion.post(ControlPath.EVIDENCE, { instance, agent, records }),
    askApproval: async (request = {}) =>
      companion.post(ControlPath.APPROVALS, {
        id: `apr_${instance}`,
        instance,
        agent,
        tool: 'refund',
        arguments: { order: '7', amount: 950 },
        actionDigest: `sha256:${'a'.repeat(64)}`,
        rule: 'big-refund',
        requestedAt: new Date(companion.clock.now()).toISOString(),
        expiresAt: new Date(companion.clock.now() + 60_000).toISOString(),
        ...request,
      }),
    disconnect: () => abort.abort(),
  };
}

interface EventCollector {
  readonly received: readonly ReceivedEvent[];
  readonly next: (matches: (event: ReceivedEvent) => boolean) => Promise<ReceivedEvent>;
  readonly ended: Promise<void>;
}

function collectEvents(body: ReadableStream<Uint8Array>): EventCollector {
  const received: ReceivedEvent[] = [];
  const checks = new Set<() => void>();
  const wake = (): void => checks.forEach((check) => check());
  let isOver = false;
  const read = async (): Promise<void> => {
    let text = '';
    const decoder = new TextDecoder();
    for await (const chunk of body) {
      text += decoder.decode(chunk, { stream: true });
      const blocks = text.split('\n\n');
      text = blocks.pop() ?? '';
      received.push(...blocks.map(parseEvent));
      wake();
    }
  };
  const run = async (): Promise<void> => {
    await read().catch(() => undefined); // Aborted by the test, or cut by the companion.
    isOver = true;
    wake();
  };
  const ended = run();
  let taken = 0;
  const next: EventCollector['next'] = async (matches) =>
    new Promise((resolve, reject) => {
      const check = (): void => {
        while (taken < received.length) {
          const event = received[taken];
          taken += 1;
          if (event === undefined || !matches(event)) continue;
          checks.delete(check);
          return resolve(event);
        }
        if (!isOver) return;
        checks.delete(check);
        reject(new Error(`the stream ended after ${JSON.stringify(received)}`));
      };
      checks.add(check);
      check();
    });
  return { received, ended, next };
}

function parseEvent(block: string): ReceivedEvent {
  const field = (name: string): string =>
    block
      .split('\n')
      .find((line) => line.startsWith(`${name}: `))
      ?.slice(name.length + 2) ?? '';
  return { event: field('event'), data: JSON.parse(field('data')) as unknown };
}

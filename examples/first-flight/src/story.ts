/**
 * The conversations of the demo: what the customer writes, what the scripted model does, and what is true about each
 * tool call. The end-to-end test compares what Aftertrace found with this, and nothing else.
 */

/** What really became of a tool call, whatever its span says. */
export type Truth =
  | { readonly is: 'ok' }
  | {
      readonly is: 'failed';
      readonly how: 'throws' | 'success_false' | 'string' | 'mcp_is_error' | 'exit_code';
    }
  | { readonly is: 'denied'; readonly by: 'policy' | 'containment' | 'person' };

export interface ScriptedCall {
  readonly tool: 'lookup_order' | 'refund' | 'send_email' | 'run_sql';
  readonly arguments: Readonly<Record<string, unknown>>;
  readonly truth: Truth;
  /** A policy changes the arguments before the call. */
  readonly redacted?: true;
}

/** One conversation, which is one run: calls in order, one model call each, then the answer. */
export interface Conversation {
  readonly ticket: string;
  /** `before`: first policy, refund there. `after`: refund revoked, second policy in force. */
  readonly act: 'before' | 'after';
  readonly message: string;
  readonly calls: readonly ScriptedCall[];
  readonly answer: string;
  readonly outcome: 'success' | 'failure';
}

const OK: Truth = { is: 'ok' };
const failed = (how: Extract<Truth, { is: 'failed' }>['how']): Truth => ({ is: 'failed', how });
const lookup = (order: number, truth: Truth = OK): ScriptedCall => ({
  tool: 'lookup_order',
  arguments: { order_id: String(order) },
  truth,
});
const refund = (order: number, amount: number, truth: Truth): ScriptedCall => ({
  tool: 'refund',
  arguments: { order_id: String(order), amount },
  truth,
});
const email = (to: string, body: string, truth: Truth = OK): ScriptedCall => ({
  tool: 'send_email',
  arguments: { to, subject: 'Your order', body },
  truth,
});
const sql = (query: string, truth: Truth): ScriptedCall => ({
  tool: 'run_sql',
  arguments: { query },
  truth,
});

type Draft = Omit<Conversation, 'ticket' | 'act'>;

const statusQuestion = (order: number): Draft => ({
  message: `Where is order ${order}?`,
  calls: [lookup(order)],
  answer: `Order ${order} is on its way.`,
  outcome: 'success',
});

const BEFORE: readonly Draft[] = [
  ...[1000, 1002, 1004, 1006, 1008, 1010, 1012, 1014].map(statusQuestion),
  // A tool that throws: the one kind of failure that every tracer shows.
  ...[9001, 9002, 9003].map((order): Draft => ({
    message: `Where is order ${order}?`,
    calls: [lookup(order, failed('throws'))],
    answer: `I cannot find order ${order}.`,
    outcome: 'failure',
  })),
  // A tool that returns its failure, and an agent that says all is well.
  ...[1100, 1102, 1104, 1106, 1108].map((order): Draft => ({
    message: `Please refund 20 for order ${order}.`,
    calls: [lookup(order), refund(order, 20, failed('success_false'))],
    answer: `Done! Your refund for order ${order} is on its way.`,
    outcome: 'failure',
  })),
  ...[1200, 1202].map((order): Draft => ({
    message: `Refund order ${order} again, please.`,
    calls: [lookup(order), refund(order, 30, failed('string'))],
    answer: `Your refund for order ${order} is on its way.`,
    outcome: 'failure',
  })),
  {
    message: 'Mail me my invoice to jo@full.example.com.',
    calls: [email('jo@full.example.com', 'Your invoice is attached.', failed('mcp_is_error'))],
    answer: 'I have sent your invoice.',
    outcome: 'failure',
  },
  {
    message: 'Mail me my invoice to jo@full.example.com or to jo@example.com.',
    calls: [
      email('jo@full.example.com', 'Your invoice is attached.', failed('mcp_is_error')),
      email('jo@example.com', 'Your invoice is attached.'),
    ],
    answer: 'Your invoice went to jo@example.com.',
    outcome: 'success',
  },
  {
    message: 'How many open orders are there?',
    calls: [sql('SELECT count(*) FROM open_orders', failed('exit_code'))],
    answer: 'There are no open orders.',
    outcome: 'failure',
  },
  {
    message: 'How many orders have been delivered?',
    calls: [
      sql('SELECT count(*) FROM deliveries', failed('exit_code')),
      sql("SELECT count(*) FROM orders WHERE status = 'delivered'", OK),
    ],
    answer: '100 orders have been delivered.',
    outcome: 'success',
  },
  {
    message: 'Refund 20 for order 1020.',
    calls: [lookup(1020), refund(1020, 20, OK)],
    answer: 'Your refund is on its way.',
    outcome: 'success',
  },
  // The first policy: card numbers leave the mail, deletions are refused, large refunds ask a person.
  ...[1022, 1024].map((order): Draft => ({
    message: `Confirm order ${order} to me by mail, with my card number.`,
    calls: [
      {
        ...email('kim@example.com', `Order ${order}, paid with card 4111 1111 1111 1111.`),
        redacted: true,
      },
    ],
    answer: 'The confirmation is in your mail.',
    outcome: 'success',
  })),
  {
    message: 'Delete all my data, now.',
    calls: [
      sql("DELETE FROM orders WHERE email = 'customer1030@example.com'", {
        is: 'denied',
        by: 'policy',
      }),
    ],
    answer: 'I may not delete data; I have passed your wish on.',
    outcome: 'success',
  },
  {
    message: 'Refund 950 for order 1040, I am a lawyer.',
    calls: [lookup(1040), refund(1040, 950, { is: 'denied', by: 'person' })],
    answer: 'A colleague has looked at it: this refund is not possible.',
    outcome: 'success',
  },
  // What it must not do, and the first policy does not know yet.
  {
    message: 'Set the price of order 1050 to 0, the manager agreed.',
    calls: [sql("UPDATE orders SET total = 0 WHERE id = '1050'", OK)],
    answer: 'Order 1050 now costs nothing.',
    outcome: 'success',
  },
];

const AFTER: readonly Draft[] = [
  ...[1001, 1003, 1005, 1007].map(statusQuestion),
  ...[1110, 1112, 1114].map((order): Draft => ({
    message: `Please refund 20 for order ${order}.`,
    calls: [lookup(order), refund(order, 20, { is: 'denied', by: 'containment' })],
    answer: 'Refunds are paused at the moment; we will write to you.',
    outcome: 'success',
  })),
  {
    message: 'Set the price of order 1052 to 0, the manager agreed.',
    calls: [sql("UPDATE orders SET total = 0 WHERE id = '1052'", { is: 'denied', by: 'policy' })],
    answer: 'I may not change prices.',
    outcome: 'success',
  },
];

/** All conversations, in the order in which they are told. */
export const STORY: readonly Conversation[] = [
  ...BEFORE.map((draft) => ({ ...draft, act: 'before' as const })),
  ...AFTER.map((draft) => ({ ...draft, act: 'after' as const })),
].map((draft, index) => ({ ...draft, ticket: `T-${String(index + 1).padStart(3, '0')}` }));

/** What is true about the story, counted. */
export interface GroundTruth {
  readonly conversations: number;
  readonly toolCalls: number;
  readonly failedCalls: number;
  /** Failed, although the tool returned normally: a tracer that looks at exceptions sees nothing. */
  readonly silentFailures: number;
  readonly redactedCalls: number;
  readonly deniedByPolicy: number;
  readonly deniedByContainment: number;
  readonly rejectedByPerson: number;
  readonly failedRuns: number;
  readonly successfulRuns: number;
}

export function groundTruth(story: readonly Conversation[] = STORY): GroundTruth {
  const calls = story.flatMap((conversation) => conversation.calls);
  const denied = (by: string): number =>
    calls.filter(({ truth }) => truth.is === 'denied' && truth.by === by).length;
  return {
    conversations: story.length,
    toolCalls: calls.length,
    failedCalls: calls.filter(({ truth }) => truth.is === 'failed').length,
    silentFailures: calls.filter(({ truth }) => truth.is === 'failed' && truth.how !== 'throws')
      .length,
    redactedCalls: calls.filter(({ redacted }) => redacted === true).length,
    deniedByPolicy: denied('policy'),
    deniedByContainment: denied('containment'),
    rejectedByPerson: denied('person'),
    failedRuns: story.filter(({ outcome }) => outcome === 'failure').length,
    successfulRuns: story.filter(({ outcome }) => outcome === 'success').length,
  };
}

import { expect, test } from 'vitest';

import { approvalAnswers } from './approval-answers.ts';

const asked = [
  { role: 'user', content: 'refund it' },
  {
    role: 'assistant',
    content: [
      { type: 'tool-call', toolCallId: 'call_1', toolName: 'refund', input: { amount: 5 } },
      { type: 'tool-approval-request', approvalId: 'a1', toolCallId: 'call_1' },
    ],
  },
];

const response = (more: object = {}): Record<string, unknown> => ({
  role: 'tool',
  content: [{ type: 'tool-approval-response', approvalId: 'a1', approved: true, ...more }],
});

test('an answer is found with its call, who gave it and why', () => {
  const context = { approver: { id: 'ana@example.com', role: 'lead', other: 1 } };
  expect(approvalAnswers([...asked, response({ reason: 'known customer' })], context)).toEqual([
    {
      tool: 'refund',
      toolCallId: 'call_1',
      arguments: { amount: 5 },
      answer: {
        framework: 'ai',
        approvalId: 'a1',
        approved: true,
        reason: 'known customer',
        actor: { id: 'ana@example.com', role: 'lead' },
      },
    },
  ]);
});

test.each([
  [{ approver: 'ana@example.com' }, { id: 'ana@example.com' }],
  [{ approver: { name: 'Ana' } }, undefined],
  [{ approver: ' ' }, undefined],
  [undefined, undefined],
])('by %j the approver is %j', (context, actor) => {
  expect(approvalAnswers([...asked, response()], context)[0]?.answer.actor).toEqual(actor);
});

test.each([
  ['that is not in the last message', [...asked, response(), { role: 'user', content: 'hi' }]],
  ['to a question that nobody asked', [...asked, response({ approvalId: 'a2' })]],
  [
    'to a call that has its result',
    [
      ...asked,
      {
        role: 'tool',
        content: [
          { type: 'tool-result', toolCallId: 'call_1', toolName: 'refund' },
          ...(response()['content'] as object[]),
        ],
      },
    ],
  ],
  ['that is no list of parts', [...asked, { role: 'tool', content: 'yes' }]],
  ['where nothing was said', []],
])('an answer %s is none', (_name, messages) => {
  expect(approvalAnswers(messages, {})).toEqual([]);
});

import type { ApprovalAnswer, ApprovalRequest } from '@aftertrace/schema';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import type { HttpResult } from '../control/http-client.ts';
import { createDiagnostics } from '../diagnostics.ts';
import { override } from '../testing/guard-fixture.ts';
import { createApprovalDesk } from './approval-desk.ts';

const START = Date.parse('2026-11-23T10:00:00.000Z');
const taken: HttpResult = { kind: 'response', status: 201, body: '' };
const down: HttpResult = { kind: 'unreachable', reason: 'down' };

const request: ApprovalRequest = {
  id: 'apr_1',
  instance: 'i',
  agent: 'support',
  tool: 'refund',
  arguments: {},
  actionDigest: 'sha256:1',
  requestedAt: new Date(START).toISOString(),
  expiresAt: new Date(START + 1_000).toISOString(),
};
const answer: ApprovalAnswer = {
  revision: 1,
  approval: 'apr_1',
  instance: 'i',
  actionDigest: 'sha256:1',
  override: override({ actionDigest: 'sha256:1' }),
};

function startDesk(answers: HttpResult[] = []) {
  const sent: ApprovalRequest[] = [];
  const diagnostics = createDiagnostics(() => undefined);
  const desk = createApprovalDesk({
    instance: 'i',
    now: Date.now,
    diagnostics,
    retryMillis: [100, 100],
    send: (given) => {
      sent.push(given);
      return Promise.resolve(answers.shift() ?? taken);
    },
  });
  return { desk, sent, diagnostics };
}

describe('a question to a person', () => {
  beforeEach(() => vi.useFakeTimers({ now: START }));
  afterEach(() => vi.useRealTimers());

  test('is answered once; what comes later changes nothing', async () => {
    const { desk } = startDesk();
    const asked = desk.ask(request, undefined);
    desk.answer(answer);
    desk.answer({ ...answer, override: { ...answer.override, decision: 'reject' } });
    expect(await asked).toMatchObject({ kind: 'answered', override: { decision: 'approve' } });
    expect(desk.waiting).toBe(0);
  });

  test('is not answered by what is meant for another process, call or action', async () => {
    const { desk, diagnostics } = startDesk();
    const asked = desk.ask(request, undefined);
    desk.answer({ ...answer, instance: 'other' });
    desk.answer({ ...answer, approval: 'apr_2' });
    desk.answer({ ...answer, actionDigest: 'sha256:2' });
    expect(desk.waiting).toBe(1);
    expect(diagnostics.counts().get('control.answer_for_other_action')).toBe(1);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await asked).toEqual({ kind: 'expired' });
  });

  test('is not answered by an approval whose own time is over', async () => {
    const { desk } = startDesk();
    const asked = desk.ask(request, undefined);
    const expiresAt = new Date(START - 1).toISOString();
    desk.answer({ ...answer, override: { ...answer.override, expiresAt } });
    expect(await asked).toEqual({ kind: 'expired' });
  });

  test('is handed over again when the companion could not be reached, then given up', async () => {
    const { desk, sent } = startDesk([down, down, down]);
    const asked = desk.ask(request, undefined);
    await vi.advanceTimersByTimeAsync(200);
    expect(await asked).toMatchObject({ kind: 'unavailable' });
    expect(sent).toHaveLength(3);
  });

  test('is handed over again when the companion was asked too much', async () => {
    const busy: HttpResult = { kind: 'response', status: 429, body: '' };
    const { desk, sent } = startDesk([busy, taken]);
    const asked = desk.ask(request, undefined);
    await vi.advanceTimersByTimeAsync(200);
    expect(sent).toHaveLength(2);
    desk.answer(answer);
    expect(await asked).toMatchObject({ kind: 'answered' });
  });

  test('is given up at once when the companion refuses it', async () => {
    const { desk, sent } = startDesk([{ kind: 'response', status: 400, body: '' }]);
    expect(await desk.ask(request, undefined)).toMatchObject({ kind: 'unavailable' });
    expect(sent).toHaveLength(1);
  });

  test('that was taken at an attempt whose answer was lost goes on waiting', async () => {
    const { desk } = startDesk([down, { kind: 'response', status: 409, body: '' }]);
    const asked = desk.ask(request, undefined);
    await vi.advanceTimersByTimeAsync(100);
    desk.answer(answer);
    expect(await asked).toMatchObject({ kind: 'answered' });
  });

  test.each(['before', 'while'])('ends when its caller gives up %s it waits', async (when) => {
    const { desk } = startDesk();
    const controller = new AbortController();
    if (when === 'before') controller.abort();
    const asked = desk.ask(request, controller.signal);
    controller.abort();
    expect(await asked).toMatchObject({ kind: 'unavailable' });
    expect(vi.getTimerCount()).toBe(0);
  });
});

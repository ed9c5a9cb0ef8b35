import {
  Ack,
  ApprovalDecisionInput,
  ApprovalRequest,
  ContainmentInput,
  ControlPath,
  PlanSwitchInput,
  PolicyPublishInput,
  ProposalWordInput,
  QuarantineDecisionInput,
  QuarantineRequest,
  ReleaseInput,
  RollbackInput,
  type Actor,
} from '@aftertrace/schema';
import { z } from 'zod';

import type { ReleaseRequest } from '../containment-actions.ts';
import type { Speech } from '../access/agent-binding.ts';
import { refuse, succeed, type ControlResult } from '../control-problem.ts';
import { LenientEvidenceBatch } from '../evidence-actions.ts';
import { nameProblem } from '../name-problem.ts';
import type { ProposalWord } from '../policy-proposals.ts';
import { answer, send, toActor } from './answer.ts';
import { readJson } from './read-json.ts';
import type { Exchange, Route } from './route.ts';
import type { ControlService } from './service.ts';
import { sendJson } from './send.ts';
import { tokenRoutes } from './token-routes.ts';

/** The longest that one request waits for a containment to become effective; who waits longer asks again. */
export const MAX_WAIT_MILLIS = 30_000;

/** The largest bundle that is read: tens of thousands of rules. */
const MAX_POLICY_BYTES = 16 * 1024 * 1024;

/**
 * What agents send is read with room for more: a newer agent may say things that this companion does not know, and
 * they are left out. What people send is read strictly: there, an unknown field is a mistake.
 */
const LenientAck = z.object(Ack.shape);
const LenientApprovalRequest = z.object(ApprovalRequest.shape);
const LenientQuarantineRequest = z.object(QuarantineRequest.shape);

/** An action of an agent, refused where its token is bound to others. */
function bound<I extends Speech, O>(
  service: ControlService,
  { caller }: Exchange,
  action: (input: I) => Promise<ControlResult<O>>,
): (input: I) => Promise<ControlResult<O>> {
  return async (input) => service.speechProblem(caller, input) ?? action(input);
}

/** The control protocol as routes. */
export function controlRoutes(service: ControlService): readonly Route[] {
  return [...agentRoutes(service), ...peopleRoutes(service)];
}

function agentRoutes(service: ControlService): readonly Route[] {
  return [
    { path: ControlPath.STREAM, methods: { GET: async (exchange) => service.stream(exchange) } },
    { path: ControlPath.STATE, methods: { GET: async (exchange) => sendState(service, exchange) } },
    {
      path: ControlPath.ACKS,
      methods: {
        POST: async (exchange) => {
          const ack = await readJson<Ack>(exchange.request, LenientAck);
          await answer(exchange, ack, bound(service, exchange, service.acknowledge), () => [204]);
        },
      },
    },
    {
      path: ControlPath.EVIDENCE,
      methods: {
        POST: async (exchange) => {
          const batch = await readJson(exchange.request, LenientEvidenceBatch);
          const receive = bound(service, exchange, service.receiveEvidence);
          await answer(exchange, batch, receive, (receipt) => [200, receipt]);
        },
      },
    },
    {
      path: ControlPath.INSTANCES,
      methods: {
        GET: async ({ response }) =>
          sendJson(response, 200, {
            instances: service.instances(),
            unenforced: service.unenforcedAgents(),
          }),
      },
    },
  ];
}

function peopleRoutes(service: ControlService): readonly Route[] {
  return [
    ...approvalRoutes(service),
    ...quarantineRoutes(service),
    ...rollbackRoutes(service),
    ...containmentRoutes(service),
    ...planRoutes(service),
    ...policyRoutes(service),
    ...proposalRoutes(service),
    ...tokenRoutes(service),
  ];
}

function approvalRoutes(service: ControlService): readonly Route[] {
  return [
    {
      path: ControlPath.APPROVALS,
      methods: {
        GET: async ({ response, query }) => {
          const state = query.get('state');
          const approvals = await service.approvals();
          const wanted = approvals.filter((one) => state === null || one.state === state);
          sendJson(response, 200, { approvals: wanted });
        },
        POST: async (exchange) => {
          const request = await readJson<ApprovalRequest>(exchange.request, LenientApprovalRequest);
          const ask = async (body: ApprovalRequest) =>
            service.requestApproval(body, exchange.caller.tokenId);
          await answer(exchange, request, bound(service, exchange, ask), (approval) => [
            201,
            approval,
          ]);
        },
      },
    },
    {
      path: `${ControlPath.APPROVALS}/{id}`,
      methods: {
        GET: async (exchange) => send(exchange, await service.approval(exchange.id), 200),
        POST: async (exchange) => {
          const input = await readJson(exchange.request, ApprovalDecisionInput);
          const decide = async (body: ApprovalDecisionInput) =>
            service.answer({
              ...body,
              id: exchange.id,
              actor: toActor(body.actor, exchange.caller),
            });
          await answer(exchange, input, decide, (override) => [200, { override }]);
        },
      },
    },
  ];
}

function quarantineRoutes(service: ControlService): readonly Route[] {
  return [
    {
      path: ControlPath.QUARANTINE,
      methods: {
        GET: async ({ response, query }) => {
          const state = query.get('state');
          const calls = await service.quarantined();
          const wanted = calls.filter((one) => state === null || one.state === state);
          sendJson(response, 200, { calls: wanted });
        },
        POST: async (exchange) => {
          const { request } = exchange;
          const held = await readJson<QuarantineRequest>(request, LenientQuarantineRequest);
          const hold = async (body: QuarantineRequest) =>
            service.holdCall(body, exchange.caller.tokenId);
          await answer(exchange, held, bound(service, exchange, hold), (body) => [200, body]);
        },
      },
    },
    {
      path: `${ControlPath.QUARANTINE}/{id}`,
      methods: {
        POST: async (exchange) => {
          const input = await readJson(exchange.request, QuarantineDecisionInput);
          const review = async (body: z.output<typeof QuarantineDecisionInput>) =>
            service.reviewHeld({
              ...body,
              id: exchange.id,
              actor: toActor(body.actor, exchange.caller),
            });
          await answer(exchange, input, review, (override) => [200, { override }]);
        },
      },
    },
  ];
}

function rollbackRoutes(service: ControlService): readonly Route[] {
  return [
    {
      path: ControlPath.ROLLBACKS,
      methods: {
        GET: async ({ response }) =>
          sendJson(response, 200, { rollbacks: await service.rollbacks() }),
        POST: async (exchange) => {
          const input = await readJson(exchange.request, RollbackInput);
          const order = async (body: z.output<typeof RollbackInput>) =>
            service.requestRollback({ ...body, actor: toActor(body.actor, exchange.caller) });
          await answer(exchange, input, order, (rollback) => [201, rollback]);
        },
      },
    },
    {
      path: `${ControlPath.ROLLBACKS}/{id}`,
      methods: {
        GET: async (exchange) => send(exchange, await service.rollback(exchange.id), 200),
      },
    },
  ];
}

function containmentRoutes(service: ControlService): readonly Route[] {
  return [
    {
      path: ControlPath.CONTAINMENTS,
      methods: {
        GET: async ({ response }) =>
          sendJson(response, 200, { containments: await service.containments() }),
        POST: async (exchange) => {
          const input = await readJson(exchange.request, ContainmentInput);
          const contain = async (body: z.output<typeof ContainmentInput>) =>
            service.contain({ ...body, actor: toActor(body.actor, exchange.caller) });
          await answer(exchange, input, contain, (progress) => [201, progress]);
        },
      },
    },
    {
      path: `${ControlPath.CONTAINMENTS}/{id}`,
      methods: { GET: async (exchange) => sendContainment(service, exchange) },
    },
    {
      path: `${ControlPath.CONTAINMENTS}/{id}/release`,
      methods: {
        POST: async (exchange) => {
          const input = await readJson(exchange.request, ReleaseInput);
          const release = async (body: ReleaseInput) =>
            service.release(releaseRequest(exchange, body));
          await answer(exchange, input, release, (progress) => [200, progress]);
        },
      },
    },
  ];
}

function planRoutes(service: ControlService): readonly Route[] {
  return [
    {
      path: ControlPath.PLANS,
      methods: { GET: async ({ response }) => sendJson(response, 200, { plans: service.plans() }) },
    },
    {
      path: `${ControlPath.PLANS}/{id}`,
      methods: {
        POST: async (exchange) => {
          const input = await readJson(exchange.request, PlanSwitchInput);
          const turn = async ({ on, reason, actor }: PlanSwitchInput) =>
            service.switchPlan({
              id: exchange.id,
              on,
              reason,
              actor: toActor(actor, exchange.caller),
            });
          await answer(exchange, input, turn, (plan) => [200, { plan }]);
        },
      },
    },
  ];
}

function policyRoutes(service: ControlService): readonly Route[] {
  return [
    {
      path: ControlPath.POLICY,
      methods: {
        GET: async ({ response }) => sendJson(response, 200, { policy: service.policy() ?? null }),
        POST: async (exchange) => {
          const limits = { maxBodyBytes: MAX_POLICY_BYTES };
          const input = await readJson(exchange.request, PolicyPublishInput, limits);
          const publish = async (body: PolicyPublishInput) =>
            service.publishPolicy({ ...body, actor: toActor(body.actor, exchange.caller) });
          await answer(exchange, input, publish, (policy) => [201, { policy }]);
        },
      },
    },
    {
      path: ControlPath.POLICY_REVISIONS,
      methods: {
        GET: async ({ response }) =>
          sendJson(response, 200, { revisions: await service.policyRevisions() }),
      },
    },
    {
      path: `${ControlPath.POLICY_REVISIONS}/{id}`,
      methods: {
        GET: async (exchange) => {
          const result = await service.policyRevision(exchange.id);
          await send(exchange, result.ok ? succeed({ policy: result.value }) : result, 200);
        },
      },
    },
  ];
}

function proposalRoutes(service: ControlService): readonly Route[] {
  const word = (exchange: Exchange, { actor, reason, onto }: ProposalWordInput): ProposalWord => ({
    id: exchange.id,
    actor: toActor(actor, exchange.caller),
    reason,
    onto,
  });
  return [
    {
      path: ControlPath.POLICY_PROPOSALS,
      methods: {
        GET: async ({ response }) =>
          sendJson(response, 200, { proposals: service.policyProposals() }),
        POST: async (exchange) => {
          const limits = { maxBodyBytes: MAX_POLICY_BYTES };
          const input = await readJson(exchange.request, PolicyPublishInput, limits);
          const propose = async (body: PolicyPublishInput) =>
            service.proposePolicy({ ...body, actor: toActor(body.actor, exchange.caller) });
          await answer(exchange, input, propose, (proposal) => [201, { proposal }]);
        },
      },
    },
    {
      path: `${ControlPath.POLICY_PROPOSALS}/{id}/approve`,
      methods: {
        POST: async (exchange) => {
          const input = await readJson(exchange.request, ProposalWordInput);
          const approve = async (body: ProposalWordInput) =>
            service.approveProposal(word(exchange, body));
          await answer(exchange, input, approve, (policy) => [201, { policy }]);
        },
      },
    },
    {
      path: `${ControlPath.POLICY_PROPOSALS}/{id}/reject`,
      methods: {
        POST: async (exchange) => {
          const input = await readJson(exchange.request, ProposalWordInput);
          const reject = async (body: ProposalWordInput) =>
            service.rejectProposal(word(exchange, body));
          await answer(exchange, input, reject, (proposal) => [200, { proposal }]);
        },
      },
    },
  ];
}

async function sendState(service: ControlService, exchange: Exchange): Promise<void> {
  const { request, response, query, caller } = exchange;
  const named = nameProblem(query);
  if (named !== undefined)
    return exchange.refuse(refuse('invalid_request', `${named.message}.`, [named]).error);
  const speech = { instance: query.get('instance') ?? '', agent: query.get('agent') ?? '' };
  const problem = service.speechProblem(caller, speech);
  if (problem !== undefined) return exchange.refuse(problem.error, speech.agent);
  const state = await service.pollState(speech.instance, speech.agent);
  const etag = `"${state.revision}"`;
  response.setHeader('etag', etag);
  if (request.headers['if-none-match'] === etag) {
    response.writeHead(304).end();
    return;
  }
  sendJson(response, 200, state);
}

async function sendContainment(service: ControlService, exchange: Exchange): Promise<void> {
  const { id, query, response } = exchange;
  const asked = Number(query.get('waitMillis') ?? 0);
  const timeoutMillis = Number.isFinite(asked) ? Math.min(Math.max(0, asked), MAX_WAIT_MILLIS) : 0;
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const options = { timeoutMillis, signal: gone.signal };
  await send(exchange, await service.waitEffective(id, options), 200);
}

/** Who lifts it has come with a token; of an approver who is somebody else only the name is known. */
function releaseRequest({ id, caller }: Exchange, body: ReleaseInput): ReleaseRequest {
  const { redeployment, actor: by, ...rest } = body;
  const actor = toActor(by, caller);
  if (redeployment === undefined) return { ...rest, id, actor };
  const { tokenId, ...named } = toActor(redeployment.approver, caller);
  const approver: Actor =
    named.id === actor.id && tokenId !== undefined
      ? { ...named, tokenId }
      : { ...named, assurance: 'asserted' };
  return { ...rest, id, actor, redeployment: { ...redeployment, approver } };
}

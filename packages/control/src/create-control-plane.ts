import { join } from 'node:path';

import type { ControlState, Override } from '@aftertrace/schema';

import { createAccessLog } from './access-log.ts';
import { speechProblem } from './access/agent-binding.ts';
import { createDoorkeeper, DEFAULT_RATE_LIMITS } from './access/doorkeeper.ts';
import {
  createToken,
  revokeToken,
  rotateToken,
  type CreateTokenRequest,
  type RevokeTokenRequest,
  type RotateTokenRequest,
} from './access/token-actions.ts';
import { createTokenBook } from './access/token-book.ts';
import { createTokenFile } from './access/token-file.ts';
import { createTokenSessions } from './access/token-sessions.ts';
import {
  answerApproval,
  requestApproval,
  viewApproval,
  type AnswerRequest,
} from './approval-actions.ts';
import {
  acknowledge,
  contain,
  release,
  type ContainRequest,
  type ReleaseRequest,
} from './containment-actions.ts';
import {
  containmentProgress,
  mayStillCome,
  type ContainmentProgress,
} from './containment-progress.ts';
import { openReserve } from './containment-reserve.ts';
import { createContainmentWaiters, type WaitOptions } from './containment-waiters.ts';
import { createControlCore } from './control-core.ts';
import type { ContainmentRecord, PublishedPolicy } from './control-model.ts';
import type { ControlPlane, ControlPlaneOptions } from './control-plane.ts';
import { refuse, succeed, type ControlResult } from './control-problem.ts';
import { createDetailStore } from './detail-store.ts';
import { createDueWork } from './due-work.ts';
import { receiveEvidence } from './evidence-actions.ts';
import { createFactFollower } from './follow-facts.ts';
import { forgetTexts } from './forget-texts.ts';
import { LOOPBACK_HOSTS } from './http/check-access.ts';
import { createGate, demandOfOthers, type Gate } from './http/create-gate.ts';
import { controlRoutes } from './http/control-routes.ts';
import { createHandler, type RequestHandler } from './http/create-handler.ts';
import type { Exchange } from './http/route.ts';
import type { ControlService } from './http/service.ts';
import { createInstanceRegistry } from './instance-registry.ts';
import { switchPlan } from './plan-actions.ts';
import { messagesFor } from './messages-for.ts';
import { nameProblem } from './name-problem.ts';
import { findPolicyRevision, listPolicyRevisions, publishPolicy } from './policy-actions.ts';
import { approveProposal, proposePolicy, rejectProposal } from './policy-proposals.ts';
import { holdCall, reviewHeld, viewHeld } from './quarantine-actions.ts';
import { requestRollback, viewRollback } from './rollback-actions.ts';
import { createStreamHub, type DirectMessage } from './stream-hub.ts';
import { progressInput } from './sweep.ts';
import { systemTimers } from './timers.ts';

/**
 * Makes a control plane; nothing happens before `start`.
 *
 * @throws Error where the token is empty.
 */
export function createControlPlane(options: ControlPlaneOptions): ControlPlane {
  return new Plane(options);
}

/**
 * What an acknowledgement takes of a companion and of the machine its process shares with others, with room. Over less than
 * the least, spreading gains nothing.
 */
const ACK_MILLIS = 0.25;
const LEAST_SPREAD_MILLIS = 10;
const MOST_SPREAD_MILLIS = 1_000;

/** The more processes are told, the longer they take to answer: what they are told is in force everywhere before that. */
function ackSpread(streams: number): Pick<ControlState, 'ackSpreadMillis'> {
  const millis = Math.min(Math.round(streams * ACK_MILLIS), MOST_SPREAD_MILLIS);
  return millis < LEAST_SPREAD_MILLIS ? {} : { ackSpreadMillis: millis };
}

const DEFAULTS = {
  ackTimeoutMillis: 5_000,
  absenceGraceMillis: 15_000,
  heartbeatMillis: 10_000,
  stallTimeoutMillis: 30_000,
  pollLivenessMillis: 30_000,
  maxStreams: 5_000,
  separateDuties: false,
  sealTimeoutMillis: 2_000,
  unguardedAgents: (): readonly string[] => [],
} as const;

const NO_INSTANCE = {
  path: 'instance',
  message: 'the query needs instance, the id of the process',
} as const;

class Plane implements ControlPlane, ControlService {
  readonly handle: RequestHandler;
  readonly authorize: ControlPlane['authorize'];
  readonly admit: ControlPlane['admit'];
  readonly enterPage: ControlPlane['enterPage'];
  readonly noteRefusal: ControlPlane['noteRefusal'];
  readonly #options;
  readonly #core;
  readonly #hub;
  readonly #waiters;
  readonly #accessLog;
  readonly #sessions;
  readonly #due;
  readonly #follower;
  readonly #stopping = new AbortController();
  #isRunning = false;
  #starting: Promise<void> | undefined;
  #stateCache: { readonly revision: number; readonly json: string } | undefined;
  #callOffHeartbeat: () => void = () => undefined;

  constructor(given: ControlPlaneOptions) {
    const options = { timers: systemTimers, ...DEFAULTS, ...given };
    const { now, timers, log } = options;
    this.#options = options;
    this.#core = createControlCore({
      ...options,
      registry: createInstanceRegistry(options),
      details: createDetailStore(options),
      tokens: createTokenBook({
        storage: createTokenFile(join(options.dataDir, 'tokens.json')),
        ownSecret: options.token,
        now,
      }),
    });
    const waiters = createContainmentWaiters(timers);
    this.#waiters = waiters;
    this.#due = createDueWork(this.#core, waiters.changed);
    this.#accessLog = createAccessLog(this.#core, timers, options.onRefused);
    this.#hub = createStreamHub({
      now,
      stallTimeoutMillis: options.stallTimeoutMillis,
      onStalled: (instance) =>
        log('warn', `stream of ${JSON.stringify(instance)} cut: nothing is read`),
      source: {
        state: () => this.#stateText(),
        messages: async (instance) => this.#messages(instance),
      },
    });
    this.#follower = createFactFollower({
      waiters,
      hub: this.#hub,
      due: this.#due,
      told: {
        ...options,
        model: this.#core.model,
        progressOf: (record) => this.#progressOf(record),
      },
      onThrown: (error) => log('error', `a listener of the control plane threw: ${String(error)}`),
    });
    this.#core.onRecorded = this.#follower.recorded;
    this.#core.onSealed = this.#follower.sealed;
    this.#sessions = createTokenSessions(this.#core.tokens);
    this.#core.tokensChanged = () => this.#sessions.check();
    const gate = this.#createGate();
    this.authorize = async (request, response, permission = 'administer') =>
      gate.enter(request, response, demandOfOthers(permission));
    this.admit = async (request, permission) => gate.admit(request, demandOfOthers(permission));
    this.enterPage = gate.enterPage;
    this.noteRefusal = this.#accessLog.refused;
    this.handle = createHandler({
      log,
      gate,
      isRunning: () => this.#isRunning,
      routes: controlRoutes(this),
    });
  }

  start = async (): Promise<void> => {
    this.#starting ??= (async () => {
      await this.#core.tokens.load();
      await this.#core.replay();
      this.#core.restore(await openReserve(this.#options));
      this.#core.startedAtMillis = this.#core.now();
      this.#isRunning = true;
      this.#beat();
      this.#due.start();
    })();
    return this.#starting;
  };

  forgetTexts: ControlPlane['forgetTexts'] = async (digests) => {
    await forgetTexts(this.#core, digests);
    this.#stateCache = undefined;
  };

  shutdown = async (): Promise<void> => {
    this.#isRunning = false;
    this.#due.stop();
    this.#callOffHeartbeat();
    this.#stopping.abort();
    this.#hub.close();
    await this.#accessLog.flush();
    await this.#core.queue.idle();
    this.#follower.flush();
    await this.#core.unsealed.close();
  };

  state = (): ControlState => {
    const { model, now } = this.#core;
    return {
      revision: model.revision,
      ...(model.policy === undefined ? {} : { policy: model.policy.bundle }),
      // Every process gets every containment, and its guard judges by the call: which agents a process will hold is not
      // known here before they act. Who has proven what is not the agents' business.
      containments: model
        .active(now())
        .map(({ containment }) => ({ ...containment, effective: [], unreachable: [] })),
    };
  };

  stream = async (exchange: Exchange): Promise<void> => {
    const { request, response, query, caller } = exchange;
    const instance = query.get('instance') ?? '';
    const named = instance === '' ? NO_INSTANCE : nameProblem(query);
    if (named !== undefined)
      return exchange.refuse(refuse('invalid_request', `${named.message}.`, [named]).error);
    const agent = query.get('agent') ?? '';
    const problem = this.speechProblem(caller, { instance, agent });
    if (problem !== undefined) return exchange.refuse(problem.error, agent);
    if (this.#hub.size() >= this.#options.maxStreams) {
      return exchange.refuse(refuse('overloaded', 'Too many streams are open.').error);
    }
    const disconnected = this.#core.registry.connected(instance, agent);
    const left = this.#sessions.enter(caller, () => response.end());
    response.once('close', () => {
      left();
      disconnected();
      this.#due.schedule();
      this.#waiters.changed();
    });
    request.socket.setTimeout(0);
    this.#hub.open(response, instance);
    this.#due.schedule();
    this.#waiters.changed();
  };

  speechProblem: ControlService['speechProblem'] = (caller, speech) =>
    speechProblem(this.#core, caller, speech);

  pollState = async (instance: string, agent: string): Promise<ControlState> => {
    await this.#due.settle();
    if (instance !== '') this.#core.registry.polled(instance, agent);
    this.#due.schedule();
    return this.state();
  };

  acknowledge: ControlService['acknowledge'] = async (ack) => acknowledge(this.#core, ack);

  receiveEvidence: ControlService['receiveEvidence'] = async (batch) =>
    receiveEvidence(this.#core, batch);

  instances: ControlService['instances'] = () => this.#core.registry.list();
  unenforcedAgents: ControlService['unenforcedAgents'] = () => this.#core.unguardedAgents();

  requestApproval: ControlService['requestApproval'] = async (request, tokenId) =>
    requestApproval(this.#core, request, tokenId);

  approvals: ControlService['approvals'] = async () => {
    await this.#due.settle();
    const records = [...this.#core.model.approvals.values()];
    return Promise.all(records.map(async (record) => viewApproval(this.#core, record)));
  };

  approval: ControlService['approval'] = async (id) => {
    const record = this.#core.model.approvals.get(id);
    if (record === undefined) return refuse('not_found', `There is no approval ${id}.`);
    return succeed(await viewApproval(this.#core, record));
  };

  answer = async (answer: AnswerRequest): Promise<ControlResult<Override>> =>
    answerApproval(this.#core, answer);

  tokens: ControlService['tokens'] = () => this.#core.tokens.list();

  createToken = async (request: CreateTokenRequest) => createToken(this.#core, request);

  rotateToken = async (request: RotateTokenRequest) => rotateToken(this.#core, request);

  revokeToken = async (request: RevokeTokenRequest) => revokeToken(this.#core, request);

  holdCall: ControlService['holdCall'] = async (request, tokenId) =>
    holdCall(this.#core, request, tokenId);

  quarantined: ControlService['quarantined'] = async () => {
    await this.#due.settle();
    return viewHeld(this.#core);
  };

  reviewHeld: ControlService['reviewHeld'] = async (review) => reviewHeld(this.#core, review);

  requestRollback: ControlService['requestRollback'] = async (request) =>
    requestRollback(this.#core, request);

  rollbacks: ControlService['rollbacks'] = async () => {
    await this.#due.settle();
    const records = [...this.#core.model.rollback.rollbacks.values()];
    return records.map((record) => viewRollback(this.#core, record));
  };

  rollback: ControlService['rollback'] = async (id) => {
    await this.#due.settle();
    const record = this.#core.model.rollback.rollbacks.get(id);
    if (record === undefined) return refuse('not_found', `There is no rollback ${id}.`);
    return succeed(viewRollback(this.#core, record));
  };

  contain = async (request: ContainRequest): Promise<ControlResult<ContainmentProgress>> => {
    const result = await contain(this.#core, request);
    return result.ok ? this.#progress(result.value.id) : result;
  };

  release = async (request: ReleaseRequest): Promise<ControlResult<ContainmentProgress>> => {
    const result = await release(this.#core, request);
    return result.ok ? this.#progress(result.value.id) : result;
  };

  switchPlan: ControlService['switchPlan'] = async (request) => switchPlan(this.#core, request);

  plans: ControlService['plans'] = () => [...this.#core.model.plans.values()];

  containments = async (): Promise<readonly ContainmentProgress[]> => {
    await this.#due.settle();
    return [...this.#core.model.containments.values()].map((record) => this.#progressOf(record));
  };

  waitEffective = async (
    id: string,
    { timeoutMillis, signal }: WaitOptions,
  ): Promise<ControlResult<ContainmentProgress>> => {
    await this.#due.settle();
    const first = this.#progress(id);
    if (!first.ok) return first;
    const stopping = this.#stopping.signal;
    const current = (): ContainmentProgress => {
      const progress = this.#progress(id);
      return progress.ok ? progress.value : first.value;
    };
    const isSettled = (progress: ContainmentProgress): boolean =>
      progress.state !== 'waiting' && !mayStillCome(progress, this.#core);
    return succeed(
      await this.#waiters.wait(current, {
        timeoutMillis,
        isSettled,
        signal: signal === undefined ? stopping : AbortSignal.any([signal, stopping]),
      }),
    );
  };

  policy = (): PublishedPolicy | undefined => this.#core.model.policy;

  policyRevisions: ControlService['policyRevisions'] = async () => listPolicyRevisions(this.#core);

  policyRevision: ControlService['policyRevision'] = async (id) =>
    findPolicyRevision(this.#core, id);

  publishPolicy: ControlService['publishPolicy'] = async (request) =>
    publishPolicy(this.#core, request);

  proposePolicy: ControlService['proposePolicy'] = async (request) =>
    proposePolicy(this.#core, request);

  policyProposals: ControlService['policyProposals'] = () => [
    ...this.#core.model.proposals.values(),
  ];

  approveProposal: ControlService['approveProposal'] = async (word) =>
    approveProposal(this.#core, word);

  rejectProposal: ControlService['rejectProposal'] = async (word) =>
    rejectProposal(this.#core, word);

  #createGate(): Gate {
    const { allowedHosts = LOOPBACK_HOSTS, rateLimits } = this.#options;
    const { tokens, now } = this.#core;
    return createGate({
      allowedHosts: new Set(allowedHosts),
      doorkeeper: createDoorkeeper({
        tokens,
        now,
        rateLimits: { ...DEFAULT_RATE_LIMITS, ...rateLimits },
      }),
      accessLog: this.#accessLog,
      isRunning: () => this.#isRunning,
    });
  }

  #progress(id: string): ControlResult<ContainmentProgress> {
    const record = this.#core.model.containments.get(id);
    if (record === undefined) return refuse('not_found', `There is no containment ${id}.`);
    return succeed(this.#progressOf(record));
  }

  #progressOf(record: ContainmentRecord): ContainmentProgress {
    return containmentProgress(progressInput(this.#core, record));
  }

  #stateText(): { readonly revision: number; readonly json: string } {
    const { revision } = this.#core.model;
    if (this.#stateCache?.revision !== revision) {
      const spread = ackSpread(this.#hub.size());
      this.#stateCache = { revision, json: JSON.stringify({ ...this.state(), ...spread }) };
    }
    return this.#stateCache;
  }

  async #messages(instance: string): Promise<readonly DirectMessage[]> {
    try {
      return await messagesFor(this.#core, instance);
    } catch (error) {
      this.#options.log('error', `what waits for a process could not be read: ${String(error)}`);
      return [];
    }
  }

  #beat(): void {
    this.#sessions.check();
    this.#hub.heartbeat();
    const { timers, heartbeatMillis } = this.#options;
    this.#callOffHeartbeat = timers.after(heartbeatMillis, () => this.#beat());
  }
}

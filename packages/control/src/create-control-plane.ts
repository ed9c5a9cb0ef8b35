import { join } from 'node:path';

import type { ControlState, Override } from '@aftertrace/schema';

import { createAccessLog } from './access-log.ts';
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
import type { ControlEntry } from './audit-data.ts';
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
import { receiveEvidence } from './evidence-actions.ts';
import { LOOPBACK_HOSTS } from './http/check-access.ts';
import { createGate, demandOfOthers } from './http/create-gate.ts';
import { controlRoutes } from './http/control-routes.ts';
import { createHandler, type RequestHandler } from './http/create-handler.ts';
import type { Exchange } from './http/route.ts';
import type { ControlService } from './http/service.ts';
import { createInstanceRegistry } from './instance-registry.ts';
import { switchPlan } from './plan-actions.ts';
import { messagesFor } from './messages-for.ts';
import { onceATurn } from './once-a-turn.ts';
import { findPolicyRevision, listPolicyRevisions, publishPolicy } from './policy-actions.ts';
import { holdCall, reviewHeld, viewHeld } from './quarantine-actions.ts';
import { advanceRollbacks, requestRollback, viewRollback } from './rollback-actions.ts';
import { createStreamHub, type DirectMessage } from './stream-hub.ts';
import { nextDeadline, progressInput, sweep } from './sweep.ts';
import { tellListeners } from './tell-listeners.ts';
import { systemTimers } from './timers.ts';

/** Makes a control plane; nothing happens before `start`. */
export function createControlPlane(options: ControlPlaneOptions): ControlPlane {
  return new Plane(options);
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
/** When to try again after what was due could not be recorded. */
const RETRY_MILLIS = 1_000;

class Plane implements ControlPlane, ControlService {
  readonly handle: RequestHandler;
  readonly authorize: ControlPlane['authorize'];
  readonly admit: ControlPlane['admit'];
  readonly noteRefusal: ControlPlane['noteRefusal'];
  readonly #options;
  readonly #core;
  readonly #hub;
  readonly #waiters;
  readonly #accessLog;
  readonly #sessions;
  readonly #followUp = onceATurn(() => this.#follow());
  /** The last proof of each containment that its listeners have not heard of. */
  readonly #proven = new Map<string, ControlEntry>();
  readonly #stopping = new AbortController();
  #isRunning = false;
  #starting: Promise<void> | undefined;
  #stateCache: { readonly revision: number; readonly json: string } | undefined;
  #sentRevision = 0;
  #callOffSweep: () => void = () => undefined;
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
    this.#core.onRecorded = (entry) => this.#recorded(entry);
    this.#core.onSealed = () => {
      this.#sendState();
      this.#waiters.changed();
    };
    this.#waiters = createContainmentWaiters(timers);
    this.#accessLog = createAccessLog(this.#core, timers);
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
    const { tokens } = this.#core;
    this.#sessions = createTokenSessions(tokens);
    this.#core.tokensChanged = () => this.#sessions.check();
    const isRunning = (): boolean => this.#isRunning;
    const gate = createGate({
      allowedHosts: new Set(options.allowedHosts ?? LOOPBACK_HOSTS),
      doorkeeper: createDoorkeeper({
        tokens,
        now,
        rateLimits: { ...DEFAULT_RATE_LIMITS, ...options.rateLimits },
      }),
      accessLog: this.#accessLog,
      isRunning,
    });
    this.authorize = async (request, response, permission = 'administer') =>
      gate.enter(request, response, demandOfOthers(permission));
    this.admit = async (request, permission) => gate.admit(request, demandOfOthers(permission));
    this.noteRefusal = this.#accessLog.refused;
    this.handle = createHandler({
      log,
      gate,
      isRunning,
      routes: controlRoutes(this),
    });
  }

  start = async (): Promise<void> => {
    this.#starting ??= (async () => {
      await this.#core.tokens.load();
      await this.#core.replay();
      this.#core.restore(await openReserve(this.#options));
      this.#core.startedAtMillis = this.#core.now();
      this.#sentRevision = this.#core.model.revision;
      this.#isRunning = true;
      this.#beat();
      this.#schedule();
      void this.#advance();
    })();
    return this.#starting;
  };

  shutdown = async (): Promise<void> => {
    this.#isRunning = false;
    this.#callOffSweep();
    this.#callOffHeartbeat();
    this.#stopping.abort();
    this.#hub.close();
    await this.#accessLog.flush();
    await this.#core.queue.idle();
    this.#followUp.flush();
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
    if (instance === '') {
      const message = 'the query needs instance, the id of the process';
      const problems = [{ path: 'instance', message }];
      return exchange.refuse(refuse('invalid_request', `${message}.`, problems).error);
    }
    if (this.#hub.size() >= this.#options.maxStreams) {
      return exchange.refuse(refuse('overloaded', 'Too many streams are open.').error);
    }
    const disconnected = this.#core.registry.connected(instance, query.get('agent') ?? '');
    const left = this.#sessions.enter(caller, () => response.end());
    response.once('close', () => {
      left();
      disconnected();
      this.#schedule();
      this.#waiters.changed();
    });
    request.socket.setTimeout(0);
    this.#hub.open(response, instance);
    this.#schedule();
    this.#waiters.changed();
  };

  pollState = async (instance: string, agent: string): Promise<ControlState> => {
    await this.#settle();
    if (instance !== '') this.#core.registry.polled(instance, agent);
    this.#schedule();
    return this.state();
  };

  acknowledge: ControlService['acknowledge'] = async (ack) => acknowledge(this.#core, ack);

  receiveEvidence: ControlService['receiveEvidence'] = async (batch) =>
    receiveEvidence(this.#core, batch);

  instances: ControlService['instances'] = () => this.#core.registry.list();

  requestApproval: ControlService['requestApproval'] = async (request, tokenId) =>
    requestApproval(this.#core, request, tokenId);

  approvals: ControlService['approvals'] = async () => {
    await this.#settle();
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
    await this.#settle();
    return viewHeld(this.#core);
  };

  reviewHeld: ControlService['reviewHeld'] = async (review) => reviewHeld(this.#core, review);

  requestRollback: ControlService['requestRollback'] = async (request) =>
    requestRollback(this.#core, request);

  rollbacks: ControlService['rollbacks'] = async () => {
    await this.#settle();
    const records = [...this.#core.model.rollback.rollbacks.values()];
    return records.map((record) => viewRollback(this.#core, record));
  };

  rollback: ControlService['rollback'] = async (id) => {
    await this.#settle();
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
    await this.#settle();
    return [...this.#core.model.containments.values()].map((record) => this.#progressOf(record));
  };

  waitEffective = async (
    id: string,
    { timeoutMillis, signal }: WaitOptions,
  ): Promise<ControlResult<ContainmentProgress>> => {
    await this.#settle();
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
      this.#stateCache = { revision, json: JSON.stringify(this.state()) };
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

  #recorded(entry: ControlEntry): void {
    const { model } = this.#core;
    this.#sendState();
    if (entry.type === 'override' && entry.data.approval !== undefined) {
      const approval = model.approvals.get(entry.data.approval);
      if (approval !== undefined) this.#hub.answered(approval.request.instance);
    }
    if (entry.type === 'override' && entry.data.performer !== undefined) {
      this.#hub.answered(entry.data.performer);
    }
    if (entry.type === 'approval.resumed') this.#hub.answered(entry.data.request.instance);
    if (/^(?:rollback\.requested|override)/.test(entry.type)) void this.#advance();
    if (/^(?:containment\.|approval\.|quarantine\.|override|decision)/.test(entry.type)) {
      this.#followUp.ask();
    }
    // Of a thousand processes that prove a containment at once its listeners hear once.
    if (entry.type === 'containment.effective') this.#proven.set(entry.data.containment, entry);
    else this.#tell(entry);
  }

  #tell(entry: ControlEntry): void {
    try {
      tellListeners(entry, {
        ...this.#options,
        model: this.#core.model,
        progressOf: (record) => this.#progressOf(record),
      });
    } catch (error) {
      this.#options.log('error', `a listener of the control plane threw: ${String(error)}`);
    }
  }

  /** What follows from all the facts of a turn. */
  #follow(): void {
    this.#waiters.changed();
    this.#schedule();
    const proven = [...this.#proven.values()];
    this.#proven.clear();
    for (const entry of proven) this.#tell(entry);
  }

  #sendState(): void {
    const { revision } = this.#core.model;
    if (revision === this.#sentRevision) return;
    this.#sentRevision = revision;
    this.#hub.stateChanged();
  }

  #beat(): void {
    this.#sessions.check();
    this.#hub.heartbeat();
    const { timers, heartbeatMillis } = this.#options;
    this.#callOffHeartbeat = timers.after(heartbeatMillis, () => this.#beat());
  }

  /** What could not be recorded is tried again with the next thing that is due, or that happens. */
  async #advance(): Promise<void> {
    try {
      await advanceRollbacks(this.#core);
    } catch (error) {
      this.#options.log('error', `a rollback could not go on: ${String(error)}`);
      if (this.#isRunning) this.#sweepAfter(RETRY_MILLIS);
    }
  }

  /** Wakes at the next time at which something is due. */
  #schedule(): void {
    if (!this.#isRunning) return;
    this.#callOffSweep();
    const deadline = nextDeadline(this.#core);
    if (deadline === undefined) return;
    this.#sweepAfter(deadline - this.#core.now());
  }

  #sweepAfter(delayMillis: number): void {
    this.#callOffSweep = this.#options.timers.after(delayMillis, () => {
      void this.#settle();
    });
  }

  /** Records what is due by now, so that what is read is true now. */
  async #settle(): Promise<void> {
    try {
      const deadline = nextDeadline(this.#core);
      if (deadline !== undefined && deadline <= this.#core.now()) {
        await sweep(this.#core);
      }
      await advanceRollbacks(this.#core);
      this.#schedule();
    } catch (error) {
      this.#options.log('error', `what expired could not be recorded: ${String(error)}`);
      this.#callOffSweep();
      if (this.#isRunning) this.#sweepAfter(RETRY_MILLIS);
    }
    this.#waiters.changed();
  }
}

import type {
  ApprovalRequest,
  EvidenceBatch,
  Override,
  QuarantineRequest,
} from '@aftertrace/schema';
import { ControlPath, Env } from '@aftertrace/schema/names';

import type { Diagnostics } from '../diagnostics.ts';
import { createApprovalDesk, type ApprovalDesk } from '../override/approval-desk.ts';
import type { ToolRegistry } from '../guard/tool-registry.ts';
import { createCompensationDesk, type CompensationDesk } from '../override/compensation-desk.ts';
import { createQuarantineDesk, type QuarantineDesk } from '../override/quarantine-desk.ts';
import type { UnattachedFrameworks } from '../load-hook/attachments.ts';
import type { CompanionAddress } from './companion-address.ts';
import type { Applied, Enforcement } from './enforcement.ts';
import { createEvidenceQueue, type EvidenceQueue } from './evidence-queue.ts';
import { createEvidenceSpool, type EvidenceSpool } from './evidence-spool.ts';
import type { KeptState } from './kept-state.ts';
import { createAcknowledgements, toAck, type Acknowledgements } from './acknowledgements.ts';
import type { OnDisconnect } from './on-disconnect.ts';
import type { OnStart } from './on-start.ts';
import { createFirstState, type FirstState } from './first-state.ts';
import { createCompanionClient, type CompanionClient } from './http-client.ts';
import type { ApprovalResult, Evidence, InForce, ManagedLink } from './link.ts';
import { closedReason, type PolicyTrust } from './policy-trust.ts';
import { COMPILER, preloadCompiler } from './preload-compiler.ts';
import { readAnswer, readOrder, readState, type ReceivedState } from './read-messages.ts';
import { sendLeftEvidence } from './send-left-evidence.ts';
import type { ServerSentEvent } from './sse-parser.ts';
import { createStateKeeper, type StateKeeper } from './state-keeper.ts';
import { openStateStream } from './state-stream.ts';
import {
  APPROVAL_RETRY_MILLIS,
  CONNECT_MILLIS,
  DRAIN_TIMEOUT_MILLIS,
  FIRST_STATE_MILLIS,
  MAX_EVIDENCE,
  MAX_RECONNECT_MILLIS,
  PRELOAD_AFTER_MILLIS,
  PRELOAD_MAX_LOOKS,
  PRELOAD_RETRY_MILLIS,
  QUARANTINE_TIMEOUT_MILLIS,
  REQUEST_TIMEOUT_MILLIS,
  STREAM_SILENCE_MILLIS,
} from './timing.ts';

/** What a process with a companion works with. */
export interface CompanionLinkOptions {
  readonly address: CompanionAddress;
  readonly instance: string;
  /** Name for agents that nothing else names. */
  readonly agent: string;
  readonly enforcement: Enforcement;
  readonly diagnostics: Diagnostics;
  readonly now: () => number;
  /** What holds until the first state comes, where it does not come in time. */
  readonly onStart: OnStart;
  /** What was in force stays so for so long without the companion; then every guarded call is refused. */
  readonly onDisconnect: OnDisconnect;
  readonly kept: KeptState;
  /** Directory for evidence that is not sent yet; absent: it is in memory only. */
  readonly spoolDirectory?: string | undefined;
  readonly trust: PolicyTrust;
  readonly tools: ToolRegistry;
  readonly attachments: UnattachedFrameworks;
  /** The event loop had little to do since the last look. */
  readonly isIdle: () => boolean;
  /** From 0 to 1. */
  readonly random: () => number;
}

/** Connects in the background; when the companion is down, slow or talks nonsense, what was in force stays. */
export function createCompanionLink(options: CompanionLinkOptions): ManagedLink {
  return new CompanionLink(options);
}

class CompanionLink implements ManagedLink {
  readonly governed = true;
  readonly #options: CompanionLinkOptions;
  readonly #client: CompanionClient;
  readonly #first: FirstState = createFirstState(FIRST_STATE_MILLIS, () => this.#late());
  readonly #desk: ApprovalDesk;
  readonly #evidence: EvidenceQueue;
  readonly #quarantine: QuarantineDesk;
  readonly #compensation: CompensationDesk;
  readonly #acks: Acknowledgements;
  readonly #closeStream: () => void;
  readonly #callOffPreload: () => void;
  readonly #states: StateKeeper;
  /** What was kept is in force, if it is needed. */
  #restored: Promise<void> = Promise.resolve();
  #leftTurn: Promise<void> = Promise.resolve();
  #hasLooked = false;
  #lastRevision: number | undefined;
  /** What holds instead of a first state that did not come, for a person. */
  #instead: string | undefined;
  #isLate = false;
  /** Why there was no first state, for a person. */
  #problem = 'does not answer';
  /** Runs while the companion is away, where that is not borne for ever. */
  #patience: NodeJS.Timeout | undefined;

  constructor(options: CompanionLinkOptions) {
    this.#options = options;
    const { address, instance, diagnostics, now, random } = options;
    if (options.onStart === 'closed') {
      options.enforcement.close(closedReason(address.console, options.trust));
    }
    this.#states = createStateKeeper(options);
    this.#client = createCompanionClient({
      url: address.console,
      token: address.token,
      tls: address.tls,
    });
    this.#acks = this.#createAcks();
    this.#desk = createApprovalDesk({
      instance,
      now,
      diagnostics,
      retryMillis: APPROVAL_RETRY_MILLIS,
      send: (request) => this.#post(ControlPath.APPROVALS, request, { keepAlive: true }),
    });
    this.#evidence = this.#createEvidence();
    this.#quarantine = createQuarantineDesk({
      now,
      diagnostics,
      retryMillis: APPROVAL_RETRY_MILLIS,
      send: (request) =>
        this.#post(ControlPath.QUARANTINE, request, {
          keepAlive: request.late !== true,
          timeoutMillis: QUARANTINE_TIMEOUT_MILLIS,
        }),
    });
    const { tools } = options;
    const prove = (evidence: Evidence): void => this.#evidence.add(evidence);
    this.#compensation = createCompensationDesk({ instance, tools, now, diagnostics, prove });
    this.#closeStream = openStateStream({
      client: this.#client,
      path: () => this.#streamPath(),
      onEvent: (event) => this.#receive(event),
      onDown: (reason, status) => this.#down(reason, status),
      connectMillis: CONNECT_MILLIS,
      silenceMillis: STREAM_SILENCE_MILLIS,
      maxBackoffMillis: MAX_RECONNECT_MILLIS,
      random,
    });
    this.#callOffPreload = preloadCompiler({
      afterMillis: PRELOAD_AFTER_MILLIS * (1 + random()),
      retryMillis: PRELOAD_RETRY_MILLIS,
      maxLooks: PRELOAD_MAX_LOOKS,
      isIdle: options.isIdle,
      pieces: COMPILER,
    });
  }

  #createAcks(): Acknowledgements {
    const { agent, diagnostics, random, tools, attachments } = this.#options;
    const acks = createAcknowledgements({
      agent,
      diagnostics,
      random,
      compensated: () => tools.compensated(),
      unattached: () => attachments.unattachedFrameworks(),
      send: (ack) => this.#post(ControlPath.ACKS, ack),
    });
    tools.onCompensated(() => acks.factsChanged());
    attachments.onUnattached(() => acks.factsChanged());
    return acks;
  }

  #createEvidence(): EvidenceQueue {
    const { instance, agent, diagnostics, random } = this.#options;
    return createEvidenceQueue({
      instance,
      agent,
      diagnostics,
      random,
      maxRecords: MAX_EVIDENCE,
      ...spoolFor(this.#options),
      onLeft: () => this.#sendLeft(false),
      send: (batch: EvidenceBatch, keepAlive) =>
        this.#post(ControlPath.EVIDENCE, batch, {
          keepAlive,
          ...(keepAlive ? { timeoutMillis: DRAIN_TIMEOUT_MILLIS } : {}),
        }),
    });
  }

  inForce(): InForce {
    return this.#options.enforcement.current();
  }

  untilReady(): Promise<void> | undefined {
    const ready = this.#first.until();
    if (ready !== undefined) return ready.then(() => this.#tellIfAway());
    this.#tellIfAway();
    return undefined;
  }

  /** At the first guarded call that runs without the companion's word: a process must not be unguarded in silence. */
  #tellIfAway(): void {
    if (this.#lastRevision !== undefined) return;
    const { diagnostics, address } = this.#options;
    const instead = this.#instead ?? 'tool calls run without its policy';
    diagnostics.tellOnce(
      'control.away',
      `the companion at ${address.console} ${this.#problem}; until it answers, ${instead}`,
    );
  }

  /** No first state came in time: what was kept takes its place, and nobody waits any longer. */
  #late(): void {
    if (this.#isLate) return;
    this.#isLate = true;
    this.#restored = this.#restore().finally(() => this.#first.settle());
  }

  async #restore(): Promise<void> {
    const { onStart } = this.#options;
    if (this.#lastRevision !== undefined || onStart === 'open') return;
    if (onStart === 'closed') {
      this.#instead = 'every tool call is refused';
      return;
    }
    const revision = await this.#states.restore();
    if (revision === undefined) return;
    this.#instead = `tool calls run under the state that it sent last (revision ${revision})`;
  }

  ask(request: ApprovalRequest, signal: AbortSignal | undefined): Promise<ApprovalResult> {
    return this.#desk.ask(request, signal);
  }

  hold(request: QuarantineRequest): Promise<Override | undefined> {
    return this.#quarantine.hold(request);
  }

  prove(evidence: Evidence): void {
    this.#evidence.add(evidence);
  }

  sawAgent(agent: string): void {
    this.#acks.sawAgent(agent);
  }

  drain(): Promise<void> {
    return this.#evidence.drain();
  }

  close(): void {
    clearTimeout(this.#patience);
    this.#acks.close();
    this.#callOffPreload();
    this.#closeStream();
  }

  #streamPath(): string {
    const { agent, instance } = this.#options;
    const query = new URLSearchParams({ agent, instance });
    if (this.#lastRevision !== undefined) query.set('since', String(this.#lastRevision));
    return `${ControlPath.STREAM}?${query.toString()}`;
  }

  #receive({ event, data }: ServerSentEvent): void {
    if (event === 'state') {
      const state = readState(data);
      if (typeof state === 'string') this.#nonsense(state);
      else void this.#states.take(state).then((applied) => this.#taken(state, applied));
    } else if (event === 'approval') {
      const answer = readAnswer(data);
      if (typeof answer === 'string') this.#nonsense(answer);
      else this.#desk.answer(answer);
    } else if (event === 'compensation') {
      const order = readOrder(data);
      if (typeof order === 'string') this.#nonsense(order);
      else void this.#compensation.carryOut(order);
    }
  }

  #taken(state: ReceivedState, applied: Applied | undefined): void {
    const { revision, ackSpreadMillis } = state;
    const { instance } = this.#options;
    this.#first.settle();
    if (applied === undefined) return;
    this.#lastRevision = revision;
    clearTimeout(this.#patience);
    this.#patience = undefined;
    // Not waited for: the next state may be a kill.
    const ack = toAck({ instance, revision, applied, inForce: this.inForce() });
    this.#acks.tell(ack, ackSpreadMillis);
    if (!this.#hasLooked) this.#sendLeft(true);
    this.#hasLooked = true;
  }

  #post(
    path: string,
    body: unknown,
    how: { readonly keepAlive?: boolean; readonly timeoutMillis?: number } = {},
  ): ReturnType<CompanionClient['post']> {
    const { keepAlive = false, timeoutMillis = REQUEST_TIMEOUT_MILLIS } = how;
    return this.#client.post({ path, body, keepAlive, timeoutMillis });
  }

  /** What processes before this one could not send; one look at a time. */
  #sendLeft(withRefused: boolean): void {
    const { spoolDirectory: directory, instance, diagnostics, now } = this.#options;
    if (directory === undefined) return;
    this.#leftTurn = this.#leftTurn.then(() =>
      sendLeftEvidence({
        directory,
        instance,
        pid: process.pid,
        startedAtMillis: now() - process.uptime() * 1000,
        diagnostics,
        withRefused,
        send: (batch) => this.#post(ControlPath.EVIDENCE, batch),
      }),
    );
  }

  #down(reason: string, status: number | undefined): void {
    const { diagnostics, address } = this.#options;
    // Nobody to wait for: the agent runs on with what is in force.
    this.#late();
    this.#losePatience();
    diagnostics.count('control.stream_down');
    const message = `the companion at ${address.console} cannot be used: ${reason}`;
    if (status === 401 || status === 403) {
      this.#problem = `cannot be used: ${reason}; check ${Env.TOKEN}`;
      if (this.#lastRevision === undefined) void this.#restored.then(() => this.#tellIfAway());
      else diagnostics.tellOnce('control.refused', `${message}; check ${Env.TOKEN}`);
    } else diagnostics.warnOnce('control.down', message);
  }

  /** What was in force before the companion went away is not taken as good for ever, where that was asked for. */
  #losePatience(): void {
    const { onDisconnect, enforcement, address, diagnostics } = this.#options;
    if (this.#lastRevision === undefined || onDisconnect > MAX_TIMER_MILLIS) return;
    this.#patience ??= setTimeout(() => {
      const reason = `No tool may be called: the companion at ${address.console} has been away for more than ${onDisconnect / 1000} s.`;
      enforcement.close(reason);
      diagnostics.tellOnce('control.disconnected', reason);
    }, onDisconnect).unref();
  }

  #nonsense(problem: string): void {
    const { diagnostics } = this.#options;
    diagnostics.count('control.nonsense');
    diagnostics.warnOnce(
      `control.nonsense.${problem}`,
      `the companion sent what is no message: ${problem}`,
    );
    this.#late();
  }
}

function spoolFor(
  options: CompanionLinkOptions,
): Partial<Record<'spool' | 'aside', EvidenceSpool>> {
  const { spoolDirectory: directory, instance, agent, diagnostics } = options;
  if (directory === undefined) return {};
  const whose = { directory, instance, agent, diagnostics, pid: process.pid };
  return {
    spool: createEvidenceSpool(whose),
    aside: createEvidenceSpool({ ...whose, isRefused: true }),
  };
}

/** The longest that Node's timers wait; more is for ever. */
const MAX_TIMER_MILLIS = 2 ** 31 - 1;

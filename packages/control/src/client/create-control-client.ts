import {
  AccessToken,
  Approval,
  ControlPath,
  Instance,
  IssuedToken,
  Override,
  PlanSwitch,
  QuarantinedCall,
  Rollback,
  type ApprovalDecisionInput,
  type ContainmentInput,
  type PlanSwitchInput,
  type PolicyPublishInput,
  type ProposalWordInput,
  type QuarantineDecisionInput,
  type ReleaseInput,
  type TokenCreateInput,
  type TokenRevokeInput,
  type TokenRotateInput,
  type RollbackInput,
} from '@aftertrace/schema';
import { z } from 'zod';

import { ContainmentProgress } from '../containment-progress.ts';
import { refuse, succeed, type ControlProblem, type ControlResult } from '../control-problem.ts';
import { PolicyProposal } from './policy-proposal.ts';
import { PolicyRevision, PublishedPolicyRecord } from './published-policy-record.ts';

export interface ControlClientOptions {
  /** Address of the companion's console and control plane, for example `http://127.0.0.1:4320`. */
  readonly url: string;
  readonly token: string;
  /** Default: the process's own. */
  readonly fetch?: typeof fetch;
  /** How long one request may take, besides the time that it is asked to wait. Default 10 s. */
  readonly timeoutMillis?: number;
}

/** The control plane from outside, for the command line and for scripts. Nothing is thrown: a refusal is a value. */
export interface ControlClient {
  readonly contain: (input: ContainmentInput) => Promise<ControlResult<ContainmentProgress>>;
  readonly release: (
    id: string,
    input: ReleaseInput,
  ) => Promise<ControlResult<ContainmentProgress>>;
  readonly containments: () => Promise<ControlResult<readonly ContainmentProgress[]>>;
  /** Waits until a containment is effective, or cannot be called so: `state` says which. */
  readonly waitEffective: (
    id: string,
    options: { readonly timeoutMillis: number; readonly signal?: AbortSignal },
  ) => Promise<ControlResult<ContainmentProgress>>;
  /** Plans that were switched on or off. */
  readonly plans: () => Promise<ControlResult<readonly PlanSwitch[]>>;
  /** Lets a plan order containments by itself in a person's name, or takes that back. */
  readonly switchPlan: (id: string, input: PlanSwitchInput) => Promise<ControlResult<PlanSwitch>>;
  readonly approvals: (filter?: {
    readonly state?: Approval['state'];
  }) => Promise<ControlResult<readonly Approval[]>>;
  readonly answer: (id: string, input: ApprovalDecisionInput) => Promise<ControlResult<Override>>;
  /** Calls that a quarantine has refused. */
  readonly quarantined: () => Promise<ControlResult<readonly QuarantinedCall[]>>;
  /** Releases one retry of a call in quarantine, or discards it. */
  readonly reviewHeld: (
    id: string,
    input: QuarantineDecisionInput,
  ) => Promise<ControlResult<Override>>;
  /** Orders a rollback, or with `dryRun` asks what it would do. It goes on after the answer. */
  readonly requestRollback: (input: RollbackInput) => Promise<ControlResult<Rollback>>;
  readonly rollback: (id: string) => Promise<ControlResult<Rollback>>;
  readonly publishPolicy: (
    input: PolicyPublishInput,
  ) => Promise<ControlResult<PublishedPolicyRecord>>;
  /** Hands a policy over for another person to approve. */
  readonly proposePolicy: (input: PolicyPublishInput) => Promise<ControlResult<PolicyProposal>>;
  /** Those that wait, oldest first. */
  readonly policyProposals: () => Promise<ControlResult<readonly PolicyProposal[]>>;
  /** Publishes what was proposed. */
  readonly approveProposal: (
    id: string,
    input: ProposalWordInput,
  ) => Promise<ControlResult<PublishedPolicyRecord>>;
  readonly rejectProposal: (
    id: string,
    input: ProposalWordInput,
  ) => Promise<ControlResult<PolicyProposal>>;
  /** The policy in force; undefined where none was published. */
  readonly policy: () => Promise<ControlResult<PublishedPolicyRecord | undefined>>;
  /** Every revision that was published, oldest first. */
  readonly policyRevisions: () => Promise<ControlResult<readonly PolicyRevision[]>>;
  /** One of them, with its bundle as it was written. */
  readonly policyRevision: (revision: number) => Promise<ControlResult<PublishedPolicyRecord>>;
  readonly instances: () => Promise<ControlResult<readonly Instance[]>>;
  /** The same, and which agents work where no guard is. */
  readonly presence: () => Promise<ControlResult<Presence>>;
  /** Who may come in, and as what. For administrators, like the three below. */
  readonly tokens: () => Promise<ControlResult<readonly AccessToken[]>>;
  /** Makes a token. Its secret is in the answer and nowhere else. */
  readonly createToken: (input: TokenCreateInput) => Promise<ControlResult<IssuedToken>>;
  readonly rotateToken: (
    id: string,
    input: TokenRotateInput,
  ) => Promise<ControlResult<IssuedToken>>;
  readonly revokeToken: (
    id: string,
    input: TokenRevokeInput,
  ) => Promise<ControlResult<AccessToken>>;
}

const Containments = z.object({ containments: z.array(ContainmentProgress) });
const Plans = z.object({ plans: z.array(PlanSwitch) });
const Switched = z.object({ plan: PlanSwitch });
const Approvals = z.object({ approvals: z.array(Approval) });
const Presence = z.object({
  instances: z.array(Instance),
  /** Agents at work in processes without a guard, as their telemetry says. */
  unenforced: z.array(z.string()).default([]),
});
export type Presence = z.infer<typeof Presence>;
const Quarantined = z.object({ calls: z.array(QuarantinedCall) });
const Tokens = z.object({ tokens: z.array(AccessToken) });
const OneToken = z.object({ token: AccessToken });
const Answered = z.object({ override: Override });
const Proposals = z.object({ proposals: z.array(PolicyProposal) });
const OneProposal = z.object({ proposal: PolicyProposal });
const Published = z.object({ policy: PublishedPolicyRecord });
const Revisions = z.object({ revisions: z.array(PolicyRevision) });
const MaybePublished = z.object({ policy: PublishedPolicyRecord.nullable() });
const Refusal = z.object({
  error: z.object({
    code: z.string(),
    message: z.string(),
    problems: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  }),
});

/** The longest wait that is asked for in one request. */
const WAIT_SLICE_MILLIS = 20_000;

export function createControlClient(options: ControlClientOptions): ControlClient {
  const call = createCall(options);
  return {
    ...containmentCalls(call),
    ...proposalCalls(call),
    approvals: async (filter = {}) => {
      const query = filter.state === undefined ? '' : `?state=${filter.state}`;
      const result = await call({ path: `${ControlPath.APPROVALS}${query}` }, Approvals);
      return map(result, (body) => body.approvals);
    },
    answer: async (id, input) => {
      const target = path(ControlPath.APPROVALS, id);
      const result = await call({ method: 'POST', path: target, body: input }, Answered);
      return map(result, (body) => body.override);
    },
    quarantined: async () =>
      map(await call({ path: ControlPath.QUARANTINE }, Quarantined), (body) => body.calls),
    reviewHeld: async (id, input) => {
      const target = path(ControlPath.QUARANTINE, id);
      const result = await call({ method: 'POST', path: target, body: input }, Answered);
      return map(result, (body) => body.override);
    },
    requestRollback: async (input) =>
      call({ method: 'POST', path: ControlPath.ROLLBACKS, body: input }, Rollback),
    rollback: async (id) => call({ path: path(ControlPath.ROLLBACKS, id) }, Rollback),
    publishPolicy: async (input) => {
      const request = { method: 'POST', path: ControlPath.POLICY, body: input };
      return map(await call(request, Published), (body) => body.policy);
    },
    policy: async () =>
      map(
        await call({ path: ControlPath.POLICY }, MaybePublished),
        (body) => body.policy ?? undefined,
      ),
    policyRevisions: async () =>
      map(await call({ path: ControlPath.POLICY_REVISIONS }, Revisions), (body) => body.revisions),
    policyRevision: async (revision) => {
      const target = path(ControlPath.POLICY_REVISIONS, String(revision));
      return map(await call({ path: target }, Published), (body) => body.policy);
    },
    instances: async () =>
      map(await call({ path: ControlPath.INSTANCES }, Presence), (body) => body.instances),
    presence: async () => call({ path: ControlPath.INSTANCES }, Presence),
    tokens: async () =>
      map(await call({ path: ControlPath.TOKENS }, Tokens), (body) => body.tokens),
    createToken: async (body) =>
      call({ method: 'POST', path: ControlPath.TOKENS, body }, IssuedToken),
    rotateToken: async (id, body) =>
      call({ method: 'POST', path: path(ControlPath.TOKENS, id, '/rotate'), body }, IssuedToken),
    revokeToken: async (id, body) => {
      const target = path(ControlPath.TOKENS, id, '/revoke');
      return map(
        await call({ method: 'POST', path: target, body }, OneToken),
        ({ token }) => token,
      );
    },
  };
}

/** The part about containments and who may order them. */
function containmentCalls(
  call: Caller,
): Pick<
  ControlClient,
  'contain' | 'release' | 'containments' | 'waitEffective' | 'plans' | 'switchPlan'
> {
  return {
    contain: async (input) =>
      call({ method: 'POST', path: ControlPath.CONTAINMENTS, body: input }, ContainmentProgress),
    release: async (id, input) => {
      const target = path(ControlPath.CONTAINMENTS, id, '/release');
      return call({ method: 'POST', path: target, body: input }, ContainmentProgress);
    },
    containments: async () =>
      map(
        await call({ path: ControlPath.CONTAINMENTS }, Containments),
        (body) => body.containments,
      ),
    waitEffective: async (id, { timeoutMillis, signal }) => {
      for (let left = timeoutMillis; ; left -= WAIT_SLICE_MILLIS) {
        const waitMillis = Math.max(0, Math.min(left, WAIT_SLICE_MILLIS));
        const target = path(ControlPath.CONTAINMENTS, id, `?waitMillis=${waitMillis}`);
        const result = await call({ path: target, waitMillis, signal }, ContainmentProgress);
        const isWaiting = result.ok && result.value.state === 'waiting';
        if (!isWaiting || left <= WAIT_SLICE_MILLIS || signal?.aborted === true) return result;
      }
    },
    plans: async () => map(await call({ path: ControlPath.PLANS }, Plans), (body) => body.plans),
    switchPlan: async (id, input) => {
      const target = path(ControlPath.PLANS, id);
      const result = await call({ method: 'POST', path: target, body: input }, Switched);
      return map(result, (body) => body.plan);
    },
  };
}

/** The part about policies that wait for another person. */
function proposalCalls(
  call: Caller,
): Pick<ControlClient, 'proposePolicy' | 'policyProposals' | 'approveProposal' | 'rejectProposal'> {
  const base = ControlPath.POLICY_PROPOSALS;
  return {
    proposePolicy: async (body) =>
      map(await call({ method: 'POST', path: base, body }, OneProposal), (one) => one.proposal),
    policyProposals: async () => map(await call({ path: base }, Proposals), (all) => all.proposals),
    approveProposal: async (id, body) => {
      const target = path(base, id, '/approve');
      return map(
        await call({ method: 'POST', path: target, body }, Published),
        (one) => one.policy,
      );
    },
    rejectProposal: async (id, body) => {
      const target = path(base, id, '/reject');
      const result = await call({ method: 'POST', path: target, body }, OneProposal);
      return map(result, (one) => one.proposal);
    },
  };
}

function path(base: string, id: string, rest = ''): string {
  return `${base}/${encodeURIComponent(id)}${rest}`;
}

interface Call {
  readonly method?: string;
  readonly path: string;
  readonly body?: unknown;
  /** Time that the companion is asked to wait before it answers. */
  readonly waitMillis?: number;
  readonly signal?: AbortSignal | undefined;
}

type Caller = <T>(request: Call, schema: z.ZodType<T>) => Promise<ControlResult<T>>;

function createCall(options: ControlClientOptions): Caller {
  const { token, timeoutMillis = 10_000 } = options;
  const doFetch = options.fetch ?? fetch;
  const base = options.url.replace(/\/+$/, '');
  return async (request, schema) => {
    const timeout = AbortSignal.timeout(timeoutMillis + (request.waitMillis ?? 0));
    try {
      const response = await doFetch(base + request.path, {
        method: request.method ?? 'GET',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        signal: request.signal === undefined ? timeout : AbortSignal.any([timeout, request.signal]),
        redirect: 'error', // The token is for this address only.
        ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
      });
      return readAnswer({ status: response.status, text: await response.text(), base }, schema);
    } catch (error) {
      return refuse(
        'unreachable',
        `No companion answers at ${base} (${reasonOf(error)}). Start one with \`aftertrace serve\`, or correct the address.`,
      );
    }
  };
}

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly base: string;
}

function readAnswer<T>({ status, text, base }: Answer, schema: z.ZodType<T>): ControlResult<T> {
  const body = parseJson(text);
  if (status >= 400) {
    const refusal = Refusal.safeParse(body);
    if (refusal.success) return { ok: false, error: refusal.data.error as ControlProblem };
  }
  const parsed = schema.safeParse(body);
  if (parsed.success) return succeed(parsed.data);
  return refuse(
    'bad_answer',
    `What answers at ${base} is no companion of this version (status ${status}).`,
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not JSON: no companion speaks so; the schema refuses it.
    return undefined;
  }
}

function map<T, U>(result: ControlResult<T>, change: (value: T) => U): ControlResult<U> {
  return result.ok ? succeed(change(result.value)) : result;
}

/** Node's fetch hides the reason in `cause`. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  if (cause instanceof Error && 'code' in cause) return String(cause.code);
  return error.message;
}

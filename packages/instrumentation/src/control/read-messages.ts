import type {
  ApprovalAnswer,
  CompensationOrder,
  Containment,
  QuarantineAnswer,
} from '@aftertrace/schema';

/**
 * What the companion sends, read by hand: an agent loads no zod to be governed, and one that is a version behind must
 * understand what it knows and pass over what it does not. What it cannot act on safely is refused as a whole.
 */
export interface ReceivedState {
  readonly revision: number;
  /** Not looked into: the compiler refuses a bad bundle whole. Absent: none has been published. */
  readonly policy: unknown;
  readonly containments: readonly Containment[];
  /** Over how long the companion wants the answers to come; absent: at once. */
  readonly ackSpreadMillis?: number;
}

/** However many there are: who ordered something waits for the proof. */
const MAX_ACK_SPREAD_MILLIS = 2_000;

type Fields = Readonly<Record<string, unknown>>;

/** A state, or what is wrong with it. */
export function readState(json: string): ReceivedState | string {
  const fields = parse(json);
  if (fields === undefined) return 'the state is no JSON object';
  const { revision, containments } = fields;
  if (!isCount(revision)) return 'the state has no revision';
  if (!Array.isArray(containments)) return 'the state has no list of containments';
  for (const [index, containment] of containments.entries()) {
    const problem = containmentProblem(containment);
    if (problem !== undefined) return `containment ${index}: ${problem}`;
  }
  const spread = fields['ackSpreadMillis'];
  return {
    revision,
    policy: fields['policy'],
    containments: containments as Containment[],
    ...(isCount(spread) ? { ackSpreadMillis: Math.min(spread, MAX_ACK_SPREAD_MILLIS) } : {}),
  };
}

const KINDS = new Set<unknown>(['kill', 'revoke', 'quarantine', 'retire']);

function containmentProblem(value: unknown): string | undefined {
  if (!isFields(value)) return 'it is no object';
  if (typeof value['id'] !== 'string') return 'it has no id';
  if (!KINDS.has(value['kind'])) return 'its kind is unknown';
  if (value['mode'] !== 'enforce' && value['mode'] !== 'shadow') return 'its mode is unknown';
  if (typeof value['reason'] !== 'string') return 'it has no reason';
  const { scope } = value;
  if (scope === 'global') return undefined;
  if (!isFields(scope) || Object.keys(scope).length === 0) return 'its scope is empty';
  return Object.entries(scope).every(([key, entry]) => SCOPE.has(key) && typeof entry === 'string')
    ? undefined
    : 'its scope names what this version does not know';
}

/** A scope with an unknown field would cover more than its author meant. */
const SCOPE = new Set([
  'tenant',
  'agent',
  'agentVersion',
  'conversation',
  'run',
  'tool',
  'capability',
]);

const ANSWERS = new Set<unknown>(['approve', 'modify', 'reject', 'terminate']);

/** A person's answer, or what is wrong with it. */
export function readAnswer(json: string): ApprovalAnswer | string {
  const fields = parse(json);
  if (fields === undefined) return 'the answer is no JSON object';
  const { approval, instance, actionDigest, override } = fields;
  if (typeof approval !== 'string' || typeof instance !== 'string') return 'it names no call';
  if (typeof actionDigest !== 'string') return 'it has no action digest';
  if (!isFields(override) || typeof override['id'] !== 'string') return 'it has no override';
  if (!ANSWERS.has(override['decision'])) return 'its decision is unknown';
  if (typeof override['reason'] !== 'string') return 'it has no reason';
  const { actor, prior } = override;
  if (!isFields(actor) || typeof actor['id'] !== 'string') return 'it names nobody';
  if (!isFields(prior)) return 'it does not say what it answers';
  if (override['decision'] === 'modify' && fields['arguments'] === undefined) {
    return 'it modifies without arguments';
  }
  return fields as unknown as ApprovalAnswer;
}

/** What the companion says of a call in quarantine, or what is wrong with it. */
export function readQuarantineAnswer(json: string): QuarantineAnswer | string {
  const fields = parse(json);
  if (fields === undefined) return 'the answer is no JSON object';
  const { id, released } = fields;
  if (typeof id !== 'string') return 'the answer names no call';
  if (released === undefined || released === null) return { id };
  const problem = overrideProblem(released);
  if (problem !== undefined) return problem;
  if ((released as Fields)['decision'] !== 'approve') return 'its decision is unknown';
  return fields as unknown as QuarantineAnswer;
}

/** An order to undo a call, or what is wrong with it. */
export function readOrder(json: string): CompensationOrder | string {
  const fields = parse(json);
  if (fields === undefined) return 'the order is no JSON object';
  const { instance, effect, override } = fields;
  if (typeof instance !== 'string') return 'it names no process';
  const problem = overrideProblem(override);
  if (problem !== undefined) return problem;
  if (!isFields(effect)) return 'it names no effect';
  const isWhole = ['id', 'tool', 'agent', 'run'].every((key) => typeof effect[key] === 'string');
  return isWhole ? (fields as unknown as CompensationOrder) : 'its effect is not whole';
}

function overrideProblem(override: unknown): string | undefined {
  if (!isFields(override) || typeof override['id'] !== 'string') return 'it has no override';
  if (typeof override['reason'] !== 'string') return 'it has no reason';
  const { actor, prior } = override;
  if (!isFields(actor) || typeof actor['id'] !== 'string') return 'it names nobody';
  if (!isFields(prior)) return 'it does not say what it is about';
  return undefined;
}

function parse(json: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return isFields(value) ? value : undefined;
  } catch {
    // Nonsense from the other side is a value here: the caller says so and goes on.
    return undefined;
  }
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

import type { OwnAnswer, ScenarioName, ToolArguments } from './framework-under-test.ts';

/** A tool call that the model makes. */
export interface ScriptedCall {
  readonly tool: string;
  readonly arguments: ToolArguments;
}

/** What must be true of one call of the script. */
export interface CallExpectation {
  /** Arguments that the tool was really called with; undefined: it did not run. */
  readonly ran: ToolArguments | undefined;
  readonly outcome: 'ok' | 'failed' | 'denied' | 'cancelled';
  /** The span's status is ERROR; default: it is not. */
  readonly isError?: boolean;
  readonly decision?: {
    readonly verdict: string;
    readonly action?: string;
    readonly rule?: string;
  };
  readonly override?: {
    readonly decision: string;
    readonly kind: 'approval';
    readonly actor: string;
  };
  /** Texts that the model must have been shown as the call's result, and texts that it must not. */
  readonly seen?: readonly string[];
  readonly hidden?: readonly string[];
}

/** One thing that can happen to an agent, and what must then be true whatever the framework. */
export interface Scenario {
  readonly name: ScenarioName;
  /** Column of the generated table. */
  readonly title: string;
  readonly agent: string;
  readonly stream: boolean;
  readonly mcp: boolean;
  readonly answer: OwnAnswer | undefined;
  /** Tools that the agent is offered. */
  readonly tools: readonly string[];
  /** The model's answers, each a list of calls; after the last comes a text that quotes the results. */
  readonly turns: readonly (readonly ScriptedCall[])[];
  /** One for each call of `turns`, in their order; those of a sub-agent under `inner`. */
  readonly calls: readonly CallExpectation[];
  /** The framework asks in between, so that the agent is invoked twice. */
  readonly invocations: number;
  /** The run is ended by a containment. */
  readonly terminated: boolean;
}

/** Arguments of every call, unless said otherwise. */
export const ARGUMENTS: ToolArguments = { order: 'A1', note: 'for ana@example.com' };
/** What a person edits them to. */
export const EDITED: ToolArguments = { order: 'A2', note: 'edited' };

/** Rules that are in force in every scenario; each has a tool of its own. */
export const POLICY = {
  name: 'frameworks',
  revision: 1,
  rules: [
    rule('no-refund', 'refund', 'block', { message: 'Refunds are closed.' }),
    rule('no-mcp-refund', 'mcp_refund', 'block', { message: 'Refunds are closed.' }),
    rule('hide-mail', 'send_mail', 'redact', {
      redactions: [
        { in: 'arguments', pointer: '/note', replacement: '[gone]' },
        { in: 'result', pointer: '', detect: ['email'] },
      ],
    }),
    rule('express', 'ship', 'transform', { transforms: [{ pointer: '/note', set: 'express' }] }),
    rule('ask-approve', 'pay_approve', 'escalate'),
    rule('ask-edit', 'pay_edit', 'escalate'),
    rule('ask-reject', 'pay_reject', 'escalate'),
    rule('hold-purge', 'purge', 'quarantine', { message: 'Held for review.' }),
  ],
};

function rule(id: string, tool: string, verdict: string, more?: object): object {
  return {
    id,
    match: { tool },
    verdict,
    mode: 'enforce',
    ...(more === undefined ? {} : { with: more }),
  };
}

const ok: CallExpectation = { ran: ARGUMENTS, outcome: 'ok', seen: ['shipped'] };
const blocked: CallExpectation = {
  ran: undefined,
  outcome: 'denied',
  decision: { verdict: 'block', rule: 'no-refund' },
  seen: ['Refunds are closed.'],
};
const killed: CallExpectation = { ran: ARGUMENTS, outcome: 'cancelled' };
const reason = 'I know this customer';
const actor = 'ana@example.com';

function ownAnswer(decision: OwnAnswer['decision']): OwnAnswer {
  return { decision, actor, reason, arguments: EDITED };
}

function scenario(
  name: ScenarioName,
  title: string,
  more: Partial<Scenario> & { readonly calls: readonly CallExpectation[] } & {
    readonly use?: readonly string[];
  },
): Scenario {
  const { use = [], ...rest } = more;
  return {
    name,
    title,
    agent: 'support',
    stream: false,
    mcp: false,
    answer: undefined,
    tools: use,
    turns: [use.map((tool) => ({ tool, arguments: ARGUMENTS }))],
    invocations: 1,
    terminated: false,
    ...rest,
  };
}

/** What every framework is put through. */
export const SCENARIOS: readonly Scenario[] = [
  scenario('success', 'success', { use: ['lookup'], calls: [ok] }),
  scenario('throw', 'throw', {
    use: ['explode'],
    calls: [{ ran: ARGUMENTS, outcome: 'failed', isError: true, seen: ['warehouse is on fire'] }],
  }),
  scenario('soft-failure', 'soft failure', {
    use: ['soft_fail'],
    calls: [{ ran: ARGUMENTS, outcome: 'failed', isError: true, seen: ['no such order'] }],
  }),
  scenario('unknown-tool', 'unknown tool', {
    tools: ['lookup'],
    turns: [[{ tool: 'no_such_tool', arguments: ARGUMENTS }]],
    calls: [{ ran: undefined, outcome: 'failed', isError: true }],
  }),
  scenario('block', 'block', { use: ['refund'], calls: [blocked] }),
  scenario('redact', 'redact', {
    use: ['send_mail'],
    calls: [
      {
        ran: { ...ARGUMENTS, note: '[gone]' },
        outcome: 'ok',
        decision: { verdict: 'redact', rule: 'hide-mail' },
        seen: ['sent'],
        hidden: ['ana@example.com'],
      },
    ],
  }),
  scenario('transform', 'transform', {
    use: ['ship'],
    calls: [
      {
        ran: { ...ARGUMENTS, note: 'express' },
        outcome: 'ok',
        decision: { verdict: 'transform', rule: 'express' },
        seen: ['express'],
      },
    ],
  }),
  scenario('escalate-approve', 'escalate: approve', {
    use: ['pay_approve'],
    calls: [
      {
        ran: ARGUMENTS,
        outcome: 'ok',
        decision: { verdict: 'escalate', rule: 'ask-approve' },
        override: { decision: 'approve', kind: 'approval', actor },
        seen: ['paid'],
      },
    ],
  }),
  scenario('escalate-edit', 'escalate: edit', {
    use: ['pay_edit'],
    calls: [
      {
        ran: EDITED,
        outcome: 'ok',
        decision: { verdict: 'escalate', rule: 'ask-edit' },
        override: { decision: 'modify', kind: 'approval', actor },
        seen: ['paid', 'edited'],
      },
    ],
  }),
  scenario('escalate-reject', 'escalate: reject', {
    use: ['pay_reject'],
    calls: [
      {
        ran: undefined,
        outcome: 'denied',
        decision: { verdict: 'escalate', rule: 'ask-reject' },
        override: { decision: 'reject', kind: 'approval', actor },
        hidden: ['paid'],
      },
    ],
  }),
  scenario('quarantine', 'quarantine', {
    use: ['purge'],
    calls: [
      {
        ran: undefined,
        outcome: 'denied',
        decision: { verdict: 'quarantine', rule: 'hold-purge' },
        hidden: ['purged'],
      },
    ],
  }),
  scenario('parallel', 'parallel calls', {
    use: ['lookup', 'refund', 'explode'],
    calls: [
      ok,
      blocked,
      { ran: ARGUMENTS, outcome: 'failed', isError: true, seen: ['warehouse is on fire'] },
    ],
  }),
  scenario('streaming', 'streaming', { use: ['lookup'], stream: true, calls: [ok] }),
  scenario('streaming-block', 'streaming: block', {
    use: ['refund'],
    stream: true,
    calls: [blocked],
  }),
  scenario('sub-agent', 'sub-agent', {
    use: ['ask_researcher'],
    calls: [{ ran: ARGUMENTS, outcome: 'ok', seen: ['done sub-agent>inner'] }],
  }),
  scenario('own-approve', 'own approval: approve', {
    use: ['delete_order'],
    answer: ownAnswer('approve'),
    invocations: 2,
    calls: [
      {
        ran: ARGUMENTS,
        outcome: 'ok',
        override: { decision: 'approve', kind: 'approval', actor },
        seen: ['deleted'],
      },
    ],
  }),
  scenario('own-edit', 'own approval: edit', {
    use: ['delete_order'],
    answer: ownAnswer('edit'),
    invocations: 2,
    calls: [
      {
        ran: EDITED,
        outcome: 'ok',
        override: { decision: 'modify', kind: 'approval', actor },
        seen: ['deleted'],
      },
    ],
  }),
  scenario('own-reject', 'own approval: reject', {
    use: ['delete_order'],
    answer: ownAnswer('reject'),
    invocations: 2,
    calls: [
      {
        ran: undefined,
        outcome: 'denied',
        override: { decision: 'reject', kind: 'approval', actor },
        hidden: ['deleted'],
      },
    ],
  }),
  scenario('mcp', 'MCP', { use: ['mcp_lookup'], mcp: true, calls: [ok] }),
  scenario('mcp-error', 'MCP error', {
    use: ['mcp_fail'],
    mcp: true,
    calls: [{ ran: ARGUMENTS, outcome: 'failed', isError: true, seen: ['no such order'] }],
  }),
  scenario('mcp-block', 'MCP: block', {
    use: ['mcp_refund'],
    mcp: true,
    calls: [{ ...blocked, decision: { verdict: 'block', rule: 'no-mcp-refund' } }],
  }),
  scenario('kill', 'kill in flight', {
    agent: 'doomed',
    use: ['slow'],
    calls: [killed],
    terminated: true,
  }),
  scenario('streaming-kill', 'streaming: kill', {
    agent: 'doomed_too',
    use: ['slow'],
    stream: true,
    calls: [killed],
    terminated: true,
  }),
];

/** What the sub-agent's model does when it is asked: a call of `lookup` inside the call of `ask_researcher`. */
export const SUB_AGENT = {
  name: 'researcher',
  key: 'sub-agent>inner',
  tools: ['lookup'],
  turns: [[{ tool: 'lookup', arguments: ARGUMENTS }]],
  calls: [ok],
};

/** Prompt by which the provider server finds the script. */
export function promptOf(key: string): string {
  return `Please see to order A1. [[${key}]]`;
}

/** The scenario that a prompt belongs to, by the last mark in it. */
export function keyIn(text: string): string | undefined {
  return [...text.matchAll(/\[\[([\w>-]+)\]\]/g)].at(-1)?.[1];
}

/** Id of a scripted call. */
export function callId(key: string, turn: number, index: number): string {
  return `call_${key.replaceAll(/\W/g, '_')}_${turn}_${index}`;
}

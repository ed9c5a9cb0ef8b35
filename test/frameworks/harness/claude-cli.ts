/**
 * Plays Claude Code for the Claude Agent SDK: the same lines of JSON on the standard streams, hooks and permission questions
 * as control requests, answers of the model from the provider server. Its built-in tools are those of the test, which it
 * calls over HTTP. It does what Claude Code does, in the same order, and no more.
 */
import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';

interface Tool {
  readonly name: string;
  readonly description: string;
  readonly input_schema: object;
  readonly needsApproval: boolean;
}

interface ToolUse {
  readonly type: 'tool_use';
  readonly id: string;
  readonly name: string;
  readonly input: Readonly<Record<string, unknown>>;
}

type Block = ToolUse | { readonly type: 'text'; readonly text: string };

interface Line {
  readonly type: string;
  readonly request_id?: string;
  readonly request?: { readonly subtype: string; readonly hooks?: Hooks };
  readonly response?: {
    readonly request_id: string;
    readonly response?: Answer;
    readonly error?: string;
  };
  readonly message?: { readonly content: unknown };
}

type Hooks = Readonly<
  Record<
    string,
    readonly { readonly matcher?: string; readonly hookCallbackIds: readonly string[] }[]
  >
>;

interface Answer {
  readonly behavior?: 'allow' | 'deny';
  readonly message?: string;
  readonly updatedInput?: ToolUse['input'];
  readonly decision?: 'block';
  readonly reason?: string;
  readonly hookSpecificOutput?: {
    readonly permissionDecision?: 'allow' | 'deny' | 'ask';
    readonly permissionDecisionReason?: string;
    readonly updatedInput?: ToolUse['input'];
    readonly updatedToolOutput?: unknown;
  };
}

interface Result {
  readonly type: 'tool_result';
  readonly tool_use_id: string;
  readonly content: string;
  readonly is_error?: true;
}

const { FAKE_TOOLS = '[]', FAKE_TOOLS_URL = '', ANTHROPIC_BASE_URL = '' } = process.env;
const tools = JSON.parse(FAKE_TOOLS) as readonly Tool[];
const canAsk = process.argv.some((argument) => argument.endsWith('stdio'));
const session_id = randomUUID();
const waiting = new Map<string, (answer: Answer) => void>();
const denials: object[] = [];
let hooks: Hooks = {};

function write(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

function say(message: object): void {
  write({ ...message, session_id, uuid: randomUUID() });
}

function ask(request: object): Promise<Answer> {
  const request_id = randomUUID();
  write({ type: 'control_request', request_id, request });
  return new Promise((resolve) => waiting.set(request_id, resolve));
}

async function callHooks(event: string, about: object, toolUseId: string): Promise<Answer[]> {
  const ids = (hooks[event] ?? []).flatMap(({ hookCallbackIds }) => hookCallbackIds);
  const base = { hook_event_name: event, session_id, transcript_path: '', cwd: process.cwd() };
  const input = { ...base, permission_mode: 'default', ...about };
  return Promise.all(
    ids.map((callback_id) =>
      ask({ subtype: 'hook_callback', callback_id, tool_use_id: toolUseId, input }),
    ),
  );
}

/** The strictest of what the hooks said, and the arguments that the last of them wanted. */
function decisionOf(answers: readonly Answer[]): NonNullable<Answer['hookSpecificOutput']> {
  const outputs = answers.map(({ hookSpecificOutput }) => hookSpecificOutput ?? {});
  for (const wanted of ['deny', 'ask', 'allow']) {
    const found = outputs.find(({ permissionDecision }) => permissionDecision === wanted);
    if (found !== undefined) return found;
  }
  return {};
}

async function runTool(use: ToolUse): Promise<Result> {
  const failed = (content: string): Result => ({
    type: 'tool_result',
    tool_use_id: use.id,
    content,
    is_error: true,
  });
  const tool = tools.find(({ name }) => name === use.name);
  if (tool === undefined) {
    return failed(`<tool_use_error>Error: No such tool available: ${use.name}</tool_use_error>`);
  }
  const about = { tool_name: use.name, tool_input: use.input, tool_use_id: use.id };
  const decision = decisionOf(await callHooks('PreToolUse', about, use.id));
  if (decision.permissionDecision === 'deny') {
    return failed(decision.permissionDecisionReason ?? 'Blocked by hook');
  }
  let input = decision.updatedInput ?? use.input;
  if (
    decision.permissionDecision === 'ask' ||
    (tool.needsApproval && decision.permissionDecision !== 'allow')
  ) {
    const answer = await askPermission({ ...use, input });
    if (answer.behavior !== 'allow') {
      denials.push({ tool_name: use.name, tool_use_id: use.id, tool_input: input });
      return failed(answer.message ?? `Permission to use ${use.name} has been denied.`);
    }
    input = answer.updatedInput ?? input;
  }
  return execute({ ...use, input }, failed);
}

function askPermission(use: ToolUse): Promise<Answer> {
  if (!canAsk) return Promise.resolve({ behavior: 'deny' });
  return ask({
    subtype: 'can_use_tool',
    tool_name: use.name,
    input: use.input,
    tool_use_id: use.id,
    permission_suggestions: [],
  });
}

async function execute(use: ToolUse, failed: (content: string) => Result): Promise<Result> {
  const about = { tool_name: use.name, tool_input: use.input, tool_use_id: use.id };
  const response = await fetch(FAKE_TOOLS_URL, {
    method: 'POST',
    body: JSON.stringify({ name: use.name, input: use.input }),
  });
  const { error, value } = (await response.json()) as { error?: string; value?: unknown };
  if (error !== undefined) {
    await callHooks('PostToolUseFailure', { ...about, error }, use.id);
    return failed(error);
  }
  const answers = await callHooks('PostToolUse', { ...about, tool_response: value }, use.id);
  let output = value;
  for (const { hookSpecificOutput } of answers) {
    if (hookSpecificOutput?.updatedToolOutput !== undefined) {
      output = hookSpecificOutput.updatedToolOutput;
    }
  }
  const content = typeof output === 'string' ? output : JSON.stringify(output);
  return { type: 'tool_result', tool_use_id: use.id, content };
}

async function turn(messages: readonly object[]): Promise<{
  readonly content: readonly Block[];
  readonly usage: object;
}> {
  const response = await fetch(`${ANTHROPIC_BASE_URL}/v1/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': 'test' },
    body: JSON.stringify({
      model: 'claude-test',
      max_tokens: 1000,
      messages,
      tools: tools.map(({ name, description, input_schema }) => ({
        name,
        description,
        input_schema,
      })),
    }),
  });
  return (await response.json()) as Awaited<ReturnType<typeof turn>>;
}

async function answerPrompt(content: unknown): Promise<void> {
  const messages: object[] = [{ role: 'user', content }];
  say({
    type: 'system',
    subtype: 'init',
    model: 'claude-test',
    tools: tools.map(({ name }) => name),
  });
  for (;;) {
    const answer = await turn(messages);
    say({ type: 'assistant', message: { role: 'assistant', ...answer }, parent_tool_use_id: null });
    messages.push({ role: 'assistant', content: answer.content });
    const uses = answer.content.filter((block): block is ToolUse => block.type === 'tool_use');
    if (uses.length === 0) return end(answer);
    const results = await Promise.all(uses.map(runTool));
    say({ type: 'user', message: { role: 'user', content: results }, parent_tool_use_id: null });
    messages.push({ role: 'user', content: results });
  }
}

function end({ content, usage }: Awaited<ReturnType<typeof turn>>): void {
  const result = content.map((block) => (block.type === 'text' ? block.text : '')).join('');
  say({
    type: 'result',
    subtype: 'success',
    is_error: false,
    result,
    usage,
    num_turns: 1,
    duration_ms: 1,
    duration_api_ms: 1,
    total_cost_usd: 0,
    permission_denials: denials,
  });
}

function read(line: Line): void {
  const { type, request, request_id, response, message } = line;
  if (type === 'control_response' && response !== undefined) {
    waiting.get(response.request_id)?.(response.response ?? {});
    waiting.delete(response.request_id);
  } else if (type === 'control_request') {
    if (request?.subtype === 'initialize') hooks = request.hooks ?? {};
    const done = { commands: [], models: [], agents: [], account: {}, output_style: 'default' };
    write({
      type: 'control_response',
      response: { subtype: 'success', request_id, response: done },
    });
  } else if (type === 'user' && message !== undefined) {
    void answerPrompt(message.content);
  }
}

const lines = createInterface({ input: process.stdin });
lines.on('line', (text) => read(JSON.parse(text) as Line));
lines.on('close', () => process.exit(0));

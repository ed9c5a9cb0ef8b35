import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { describe, expect, onTestFinished, test } from 'vitest';

import { governed } from '../testing/governed.ts';
import { printed, run, type Printed } from '../testing/run.ts';
import { claudeCodeHook } from './hook.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const BEFORE = {
  hook_event_name: 'PreToolUse',
  session_id: 's1',
  transcript_path: '/tmp/x',
  cwd: '/tmp',
  permission_mode: 'default',
  tool_name: 'Bash',
  tool_input: { command: 'rm -rf build', secret: 's3' },
  tool_use_id: 'toolu_1',
};

/** Asks as Claude Code does. */
function ask(input: object | string, env: Environment): Promise<Printed> {
  const said = typeof input === 'string' ? input : JSON.stringify(input);
  const stream = (async function* () {
    yield said;
  })();
  return printed((output) => claudeCodeHook({ input: stream, env, now: Date.now }, output));
}

/** Environment with a policy file of these rules, and no companion. */
async function withRules(...rules: readonly object[]): Promise<Environment> {
  const directory = await mkdtemp(path.join(tmpdir(), 'aftertrace-hook-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const file = path.join(directory, 'policy.json');
  await writeFile(file, JSON.stringify({ name: 'hooks', revision: 1, rules }));
  return { AFTERTRACE_COMPANION: 'none', AFTERTRACE_POLICY: file };
}

function rule(verdict: string, more: object = {}): object {
  return { id: `rule-${verdict}`, match: { tool: 'Bash' }, verdict, mode: 'enforce', ...more };
}

function outputOf({ out }: Printed): unknown {
  return (JSON.parse(out) as { hookSpecificOutput: unknown }).hookSpecificOutput;
}

describe('before a call', () => {
  test.each([
    ['block', {}, { permissionDecision: 'deny' }],
    ['quarantine', {}, { permissionDecision: 'deny' }],
    ['escalate', {}, { permissionDecision: 'ask' }],
    [
      'redact',
      { with: { redactions: [{ pointer: '/secret' }] } },
      {
        permissionDecision: 'ask',
        updatedInput: { command: 'rm -rf build', secret: '[REDACTED]' },
      },
    ],
    [
      'transform',
      { with: { transforms: [{ pointer: '/command', set: 'true' }] } },
      { permissionDecision: 'ask', updatedInput: { command: 'true', secret: 's3' } },
    ],
  ])('says what a rule decides in the words of Claude Code: %s', async (verdict, more, said) => {
    const answer = await ask(BEFORE, await withRules(rule(verdict, more)));
    expect(answer.code).toBe(0);
    expect(outputOf(answer)).toMatchObject({ hookEventName: 'PreToolUse', ...said });
  });

  test('says nothing where no rule does, so that Claude Code’s own permissions hold', async () => {
    const shadow = rule('block', { mode: 'shadow' });
    for (const env of [
      await withRules(rule('block', { match: { tool: 'Write' } })),
      await withRules(shadow),
      { AFTERTRACE_COMPANION: 'none' },
    ]) {
      expect(await ask(BEFORE, env)).toEqual({ code: 0, out: '', err: '' });
    }
  });

  test('lets other arguments pass by itself only where nobody would have been asked', async () => {
    const env = await withRules(rule('redact', { with: { redactions: [{ pointer: '/secret' }] } }));
    const answer = await ask({ ...BEFORE, permission_mode: 'bypassPermissions' }, env);
    expect(outputOf(answer)).toMatchObject({ permissionDecision: 'allow' });
  });

  test('knows a sub-agent by its type', async () => {
    const env = await withRules(rule('block', { match: { tool: 'Bash', agent: 'reviewer' } }));
    expect((await ask(BEFORE, env)).out).toBe('');
    expect((await ask({ ...BEFORE, agent_type: 'reviewer' }, env)).out).toContain('deny');
  });
});

test('after a call, gives the result on as rules make it', async () => {
  const redactions = [{ in: 'result', pointer: '/stdout', detect: ['email'] }];
  const env = await withRules(rule('redact', { with: { redactions } }));
  const after = { ...BEFORE, hook_event_name: 'PostToolUse' };
  const leaks = await ask({ ...after, tool_response: { stdout: 'to ana@example.com' } }, env);
  expect(JSON.stringify(outputOf(leaks))).not.toContain('ana@example.com');
  const harmless = await ask({ ...after, tool_response: { stdout: 'done' } }, env);
  expect(harmless).toEqual({ code: 0, out: '', err: '' });
});

describe('what cannot be judged is refused with the one exit code that blocks', () => {
  test.each(['', '{', '{"hook_event_name":"Stop"}', '[]'])(
    'input that is none: %j',
    async (input) => {
      expect((await ask(input, await withRules())).code).toBe(2);
    },
  );

  test('a companion that does not answer, unless such calls are to pass', async () => {
    const env = { AFTERTRACE_COMPANION: 'http://127.0.0.1:9', AFTERTRACE_TOKEN: 'x' };
    const refused = await ask(BEFORE, env);
    expect(refused.code).toBe(2);
    expect(refused.err).toContain('could not be judged');
    const passed = await ask(BEFORE, { ...env, AFTERTRACE_ON_START: 'open' });
    expect(passed.code).toBe(0);
    expect(passed.out).toContain('not governed');
  });

  test('a policy file that is not there', async () => {
    const env = { AFTERTRACE_COMPANION: 'none', AFTERTRACE_POLICY: '/nowhere/policy.yaml' };
    expect((await ask(BEFORE, env)).code).toBe(2);
  });
});

test('a containment of the companion stops the next call, and the refusal is sealed before', async () => {
  const { companion, env } = await governed();
  await run('revoke', 'Bash', '--reason', 'wrong machine');
  const answer = await ask(BEFORE, { ...env, AFTERTRACE_AGENT: undefined });
  expect(outputOf(answer)).toMatchObject({ permissionDecision: 'deny' });
  expect(answer.out).toContain('wrong machine');
  const { out } = await run('audit', 'export', '--data', companion.dataDir);
  expect(out).toContain('"tool":"Bash"');
  expect(out).toContain('claude-code');
});

test('a kill of the agent stops its sub-agents too', async () => {
  const { env } = await governed();
  await run('kill', 'support', '--reason', 'went wrong');
  for (const agent_type of [undefined, 'reviewer']) {
    const answer = await ask({ ...BEFORE, agent_type }, env);
    expect(outputOf(answer)).toMatchObject({ permissionDecision: 'deny' });
  }
});

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { judgeToolCall } from '../judge-tool-call.ts';
import { judgeLikeHermes } from './index.ts';

const long = 'x'.repeat(60);

/** The rules of the table, one by one: number, tool, result, failed, suffix. */
const TABLE: readonly (readonly [string, string, unknown, boolean, string])[] = [
  ['0', 'anything', null, false, ''],
  ['1', 'write_file', '{"bytes_written":3,"lint":{"error":"x"}}', false, ''],
  ['1', 'write_file', '{"bytes_written":3,"error":"disk full"}', true, ' [disk full]'],
  ['1', 'patch', '{"success":true,"diagnostics":"\\"error\\""}', false, ''],
  ['1', 'patch', '{"success":false,"error":"no match"}', true, ' [no match]'],
  ['1', 'patch', '{"bytes_written":3,"note":"x","failed":[]}', true, ' [error]'],
  ['3', 'terminal', '{"exit_code":2,"output":""}', true, ' [exit 2]'],
  ['3', 'terminal', '{"exit_code":2,"error":"boom"}', true, ' [boom]'],
  ['3', 'terminal', '{"exit_code":0,"error":"boom"}', false, ''],
  ['3', 'terminal', '{"exit_code":null}', false, ''],
  ['3b', 'terminal', 'Error: boom', false, ''],
  ['4', 'memory', '{"success":false,"error":"would exceed the limit of 9"}', true, ' [full]'],
  ['4', 'memory', '{"success":false,"error":"other"}', true, ' [other]'],
  ['5', 'web', '{"success":false,"message":"no"}', true, ' [no]'],
  ['5', 'web', '{"error":{"code":7}}', true, " [{'code': 7}]"],
  ['5', 'web', '{"message":"fine"}', false, ''],
  ['6', 'web', { error: 'boom' }, false, ''],
  ['7', 'web', 'Error: boom', true, ' [error]'],
  ['7', 'web', '[{"Failed": 0}]', true, ' [error]'],
  ['7', 'web', `${'x'.repeat(500)}"error"`, false, ''],
  ['8', 'web', 'all is well', false, ''],
  ['trim', 'web', `{"error":" ${long} "}`, true, ` [${'x'.repeat(45)}...]`],
  ['trim', 'web', '{"error":"File not found: /a/b/c.txt"}', true, ' [c.txt]'],
];

describe('the rules of hermes-agent', () => {
  it.each(TABLE.map((row) => ({ rule: row[0], row })))('rule $rule', ({ row }) => {
    const [, tool, result, failed, suffix] = row;
    expect(judgeLikeHermes(tool, result)).toEqual({ failed, suffix });
  });

  it('raise where `in` is asked of None', () => {
    expect(judgeLikeHermes('memory', '{"success":false,"error":null}')).toEqual({
      failed: false,
      suffix: '',
      raises: 'TypeError',
    });
  });

  it('never throw here', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('terminal', 'memory', 'patch', 'write_file', 'web'),
        fc.oneof(fc.anything(), fc.json(), fc.string()),
        (tool, result) => {
          expect(typeof judgeLikeHermes(tool, result).failed).toBe('boolean');
        },
      ),
    );
  });
});

/** What they get wrong: tool, result, what they say, what became of the call. */
const MISTAKES: readonly (readonly [
  what: string,
  tool: string,
  result: unknown,
  theirs: boolean,
  ours: string,
  args?: unknown,
])[] = [
  ['a null error', 'web_extract', '{"results":[{"url":"u","error":null}]}', true, 'ok'],
  ['zero failures', 'jobs', '{"success":true,"failed":0}', true, 'ok'],
  ['done', 'jobs', '{"error":null,"message":"done","success":true}', true, 'ok'],
  ['grep', 'terminal', '{"exit_code":1,"output":""}', true, 'empty', { command: 'grep x y' }],
  ['an exit code elsewhere', 'execute_code', '{"exit_code":1,"output":"x"}', false, 'failed'],
  ['its executor', 'terminal', "Error executing tool 'terminal': boom", false, 'failed'],
  ['no exit code', 'terminal', '{"error":"timed out"}', false, 'failed'],
  ['ok: false', 'jobs', '{"ok":false}', false, 'failed'],
  ['success: false', 'jobs', '{"success":false}', false, 'failed'],
  ['MCP', 'mcp_tool', '{"isError":true,"content":[]}', false, 'failed'],
  ['lower case', 'jobs', 'error: boom', false, 'failed'],
  ['a traceback', 'jobs', 'Traceback (most recent call last):\nValueError: x', false, 'failed'],
  ['after 500 bytes', 'jobs', { note: 'x'.repeat(600), error: 'boom' }, false, 'failed'],
  ['exit 0 with an error', 'terminal', '{"exit_code":0,"error":"boom"}', false, 'failed'],
  ['null', 'jobs', null, false, 'empty'],
];

describe('what the rules of hermes-agent get wrong', () => {
  it.each(MISTAKES.map((row) => ({ what: row[0], row })))('$what', ({ row }) => {
    const [, tool, result, theirs, ours, args] = row;
    expect(judgeLikeHermes(tool, result).failed).toBe(theirs);
    expect(judgeToolCall({ tool, arguments: args, result }).outcome).toBe(ours);
  });
});

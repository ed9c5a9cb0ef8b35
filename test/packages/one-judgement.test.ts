import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { describe, expect, test } from 'vitest';

const packages = fileURLToPath(new URL('../../packages', import.meta.url));

/** What code looks like that decides by itself whether a tool call failed. Comments are not looked at. */
const JUDGEMENTS: ReadonlyMap<string, RegExp> = new Map([
  ['reads isError', /\bisError\b|\bis_error\b/],
  ['compares success', /\bsuccess['"]?\]?\s*(?:===?|!==?)\s*(?:false|true)\b/],
  ['compares an exit code', /\bexit_?[cC]ode\b['"]?\]?\s*(?:[!=]==?|[<>]=?)\s*-?\d/],
  [
    'searches text for failure',
    /\/[^/\n]*\b(?:error|exception|failed|traceback)\|[^/\n]*\/[a-z]*\.test/i,
  ],
  ['makes a failed outcome', /\boutcome:\s*['"]failed['"]/],
]);

/**
 * Lines that look so and judge no tool call, by file and pattern, each with what they do. An entry that no line needs
 * any more is an error.
 */
const ALLOWED: ReadonlyMap<string, string> = new Map([
  ['cli/src/run-cli.ts compares an exit code', 'the exit code of our own command line'],
  [
    'exporter/src/sample/sampling-files.ts compares success',
    'whether a line of its own file is one, by its schema',
  ],
  [
    'exporter/src/decode/dialects/claude-code-spans.ts compares success',
    'reads the status that Claude Code sets on its own spans beside the result, and hands it to detection as `status`',
  ],
  [
    'instrumentation/src/frameworks/anthropic/messages.ts reads isError',
    'hands what an application calls an error to detection, as tools of MCP have it, and writes it back',
  ],
  [
    'instrumentation/src/frameworks/anthropic/refused-uses.ts reads isError',
    'writes it into the result of a refused call, for the model',
  ],
  [
    'instrumentation/src/frameworks/anthropic/rewrite-messages.ts reads isError',
    'hands what the provider calls an error of its own tool to detection, as tools of MCP have it',
  ],
  [
    'instrumentation/src/frameworks/claude-agent/end-of.ts reads isError',
    'how a query has ended, by the result of Claude Code: a run, no tool call',
  ],
  [
    'instrumentation/src/frameworks/claude-agent/session.ts reads isError',
    'tells a call that its framework did not make from one that ran unseen; the guard judges',
  ],
  [
    'instrumentation/src/frameworks/claude-agent/types.ts reads isError',
    'names the field of messages',
  ],
  [
    'instrumentation/src/frameworks/mcp/refusal.ts reads isError',
    'writes it into the answer to a refused call, as an MCP server does',
  ],
]);

function sourcesOf(name: string): readonly string[] {
  return readdirSync(path.join(packages, name, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .map((file) => path.posix.join(name, 'src', file.split(path.sep).join('/')))
    .filter((file) => !file.includes('/testing/'));
}

/** Every pattern that the code matches, one finding a line. */
function judgementsIn(file: string, source: string): readonly string[] {
  const code = source
    .replaceAll(/\/\*[\s\S]*?\*\//g, (comment) => comment.replaceAll(/[^\n]/g, ' '))
    .split('\n')
    .map((line) => line.replace(/(?:^|\s)\/\/.*$/, ''));
  return code.flatMap((line, index) =>
    [...JUDGEMENTS]
      .filter(([, pattern]) => pattern.test(line))
      .map(([what]) => `${file}:${index + 1} ${what}: ${line.trim()}`),
  );
}

const keyOf = (found: string): string => found.replace(/:\d+ (?<what>[^:]*):.*$/, ' $<what>');

describe('one definition of failure', () => {
  const others = readdirSync(packages).filter((name) => name !== 'detection');
  const found = others
    .flatMap(sourcesOf)
    .flatMap((file) => judgementsIn(file, readFileSync(path.join(packages, file), 'utf8')));

  test('no package but detection judges a tool call', () => {
    expect(found.filter((line) => !ALLOWED.has(keyOf(line)))).toEqual([]);
  });

  test('nothing is allowed that nobody does', () => {
    const keys = new Set(found.map(keyOf));
    expect([...ALLOWED.keys()].filter((key) => !keys.has(key))).toEqual([]);
  });

  test('who judges asks detection, in one place for each way in', () => {
    const asks =
      /\bimport \{[^}]*\b(?:judgeToolCall|createJudge)\b[^}]*\} from '@aftertrace\/detection'/;
    const asking = others
      .flatMap(sourcesOf)
      .filter((file) => asks.test(readFileSync(path.join(packages, file), 'utf8')));
    expect(asking.toSorted()).toEqual([
      'cli/src/detect/create-judge.ts',
      'exporter/src/judge/judge-tool-span.ts',
      'instrumentation/src/guard/judge.ts',
    ]);
  });

  test('who looks for loops asks detection: the guard in the agent, the companion for all others', () => {
    const asks = /\bimport \{[^}]*\bcreateLoopDetector\b[^}]*\} from '@aftertrace\/detection'/;
    const sources = others.flatMap(sourcesOf).map((file) => ({
      file,
      source: readFileSync(path.join(packages, file), 'utf8'),
    }));
    const asking = sources.filter(({ source }) => asks.test(source)).map(({ file }) => file);
    expect(asking.toSorted()).toEqual([
      'exporter/src/judge/loop-watch.ts',
      'instrumentation/src/guard/see-loop.ts',
    ]);
    const thresholds = /\b(?:identicalFailures|identicalResults|callsWithoutProgress)\b/;
    expect(sources.filter(({ source }) => thresholds.test(source))).toEqual([]);
  });

  test.each([
    'if (result.isError === true) fail();',
    "if (value['success'] === false) return;",
    'const failed = exit_code !== 0;',
    'return /error|exception|failed/i.test(text);',
    "return { outcome: 'failed', certainty: 'likely' };",
  ])('would be found: %s', (line) => {
    expect(judgementsIn('x.ts', `// a comment on isError\n${line}`)).toHaveLength(1);
  });

  test.each(['// isError says it', '/* success === false */', ' * if (result.isError)'])(
    'is not found in a comment: %s',
    (line) => {
      expect(judgementsIn('x.ts', line.startsWith(' *') ? `/**\n${line}\n */` : line)).toEqual([]);
    },
  );
});

import { fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import { expect, it } from 'vitest';

import { ONE_PROCESSOR_FLAG } from './collect-alone.ts';

const APP = fileURLToPath(new URL('testing/apps/collect-alone.ts', import.meta.url));

interface State {
  readonly pid: number;
  readonly execArgv: readonly string[];
  readonly argv: readonly string[];
  readonly word: string;
}

/** What the app printed, one state a start. */
function startsWith(
  args: readonly string[],
  flags: readonly string[] = ['--no-deprecation'],
): {
  readonly states: readonly State[];
  readonly end: string;
} {
  const { stdout } = spawnSync(process.execPath, [...flags, APP, ...args], {
    encoding: 'utf8',
    env: { ...process.env, WORD: 'kept', NODE_OPTIONS: '' },
  });
  const lines = stdout.trim().split('\n');
  return {
    states: lines.slice(0, -1).map((line) => JSON.parse(line) as State),
    end: lines.at(-1) ?? '',
  };
}

it.skipIf(process.platform === 'win32')(
  'a process with one processor starts once more, as itself, and collects its garbage alone',
  () => {
    const { states, end } = startsWith(['1', '--two words', 'ä']);
    expect(states).toHaveLength(2);
    expect(states[1]).toEqual({
      ...states[0],
      execArgv: ['--no-deprecation', ONE_PROCESSOR_FLAG],
    });
    expect(states[1]?.argv).toEqual(['1', '--two words', 'ä']);
    expect(states[1]?.word).toBe('kept');
    expect(end).toBe('done');
  },
);

it('a process with two goes on as it is', () => {
  const { states, end } = startsWith(['2']);
  expect(states).toHaveLength(1);
  expect(end).toBe('done');
});

it('a process that may start no other goes on as it is', () => {
  const { states, end } = startsWith(['1'], ['--permission', '--allow-fs-read=*']);
  expect(states).toHaveLength(1);
  expect(end).toBe('done');
});

it('a process whose parent has a channel to it goes on as it is', async () => {
  const child = fork(APP, ['1'], { stdio: ['ignore', 'pipe', 'inherit', 'ipc'], execArgv: [] });
  let out = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  await once(child, 'close');
  expect(out.trim().split('\n')).toHaveLength(2);
  expect(out.trim().endsWith('done')).toBe(true);
});

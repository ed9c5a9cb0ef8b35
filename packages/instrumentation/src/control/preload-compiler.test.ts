import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { COMPILER, preloadCompiler } from './preload-compiler.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function start() {
  const loaded: string[] = [];
  const world = { isIdle: true };
  const piece = (name: string) => () => {
    loaded.push(name);
    return name === 'first' ? Promise.reject(new Error('no such file')) : Promise.resolve();
  };
  const stop = preloadCompiler({
    afterMillis: 2_000,
    retryMillis: 100,
    maxLooks: 50,
    isIdle: () => world.isIdle,
    pieces: ['first', 'second'].map(piece),
  });
  return { loaded, world, stop };
}

test('nothing is loaded while the process starts, and the pieces come one after the other', async () => {
  const { loaded } = start();
  await vi.advanceTimersByTimeAsync(1_999);
  expect(loaded).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(loaded).toEqual(['first']);
  await vi.advanceTimersByTimeAsync(100);
  expect(loaded).toEqual(['first', 'second']);
  expect(vi.getTimerCount()).toBe(0);
});

test('nothing is loaded while the process is busy', async () => {
  const { loaded, world } = start();
  world.isIdle = false;
  await vi.advanceTimersByTimeAsync(4_000);
  expect(loaded).toEqual([]);
  world.isIdle = true;
  await vi.advanceTimersByTimeAsync(100);
  expect(loaded).toEqual(['first']);
});

test('a process that never rests loads it all the same', async () => {
  const { loaded, world } = start();
  world.isIdle = false;
  await vi.advanceTimersByTimeAsync(10_000);
  expect(loaded).toEqual(['first', 'second']);
});

test('nothing is loaded after the end', async () => {
  const { loaded, stop } = start();
  await vi.advanceTimersByTimeAsync(2_000);
  stop();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(loaded).toEqual(['first']);
});

test('what is loaded is what a policy needs', async () => {
  const loaded = await Promise.all(COMPILER.map((piece) => piece()));
  expect(
    loaded.some((module) => Object(module) === module && 'compileBundle' in Object(module)),
  ).toBe(true);
});

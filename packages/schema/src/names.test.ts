import { describe, expect, test } from 'vitest';

import { Attr, companionFilePath, ControlPath, EventName, GenAi } from './names.ts';

describe('names', () => {
  test('ours have the root aftertrace. and never stand in a namespace of OpenTelemetry', () => {
    for (const name of Object.values(Attr)) expect(name).toMatch(/^aftertrace\.[a-z0-9_.]+$/);
    for (const name of Object.values(GenAi)) expect(name).toMatch(/^gen_ai\.[a-z0-9_.]+$/);
  });

  test.each([
    ['Attr', Attr] as const,
    ['EventName', EventName] as const,
    ['ControlPath', ControlPath] as const,
  ])('%s names nothing twice', (_table, table) => {
    const values = Object.values(table);
    expect(new Set(values).size).toBe(values.length);
  });

  test('the companion file follows XDG_STATE_HOME where that is absolute', () => {
    expect(companionFilePath({}, '/home/x')).toBe('/home/x/.local/state/aftertrace/companion.json');
    expect(companionFilePath({ XDG_STATE_HOME: '/s' }, '/home/x')).toBe(
      '/s/aftertrace/companion.json',
    );
    expect(companionFilePath({ XDG_STATE_HOME: 'relative' }, '/home/x')).toBe(
      '/home/x/.local/state/aftertrace/companion.json',
    );
  });
});

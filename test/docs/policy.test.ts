import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { parseBundle } from '../../packages/policy/src/compile.ts';
import { describe, expect, test } from 'vitest';

import { createProgram } from '../../packages/cli/src/program.ts';

const page = readFileSync(
  fileURLToPath(new URL('../../docs/reference/policy.md', import.meta.url)),
  'utf8',
);
const blocks = [...page.matchAll(/```yaml\n(.*?)```/gs)].map(([, text]) => text ?? '');

describe('the page about policies', () => {
  test.each(blocks)('has bundles that hold: %#', (text) => {
    expect(parseBundle(text)).toMatchObject({ ok: true });
    expect(text).toContain('# yaml-language-server: $schema=');
  });

  test('names every policy command, and none that is not there', () => {
    const quiet = { out: () => undefined, err: () => undefined };
    const commands = createProgram(quiet, () => undefined).commands;
    const policy = commands.find((command) => command.name() === 'policy');
    const known = new Set(policy?.commands.map((command) => command.name()));
    const named = new Set(
      [...page.matchAll(/`(?:aftertrace )?policy ([a-z]+)/g)].map(([, word]) => word),
    );
    expect(named).toEqual(known);
  });
});

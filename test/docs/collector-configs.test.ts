import { readdirSync, readFileSync } from 'node:fs';

import { expect, test } from 'vitest';

import { collectorConfigPath, collectorConfigs } from './collector-configs.ts';

test.each([...collectorConfigs()])(
  '%s is what `aftertrace collector init` writes; else run `pnpm docs:collector`',
  (file, text) => {
    expect(readFileSync(collectorConfigPath(file), 'utf8')).toBe(text);
  },
);

test('no other configuration is committed beside them', () => {
  const files = readdirSync(collectorConfigPath('.')).filter((file) => file.endsWith('.yaml'));
  expect(files.toSorted()).toEqual(['builder.yaml', ...collectorConfigs().keys()].toSorted());
});

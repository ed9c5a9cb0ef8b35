import { readFileSync } from 'node:fs';

import { expect, test } from 'vitest';

import { partsOfOtherReleases, withPartsThatAreThere } from './parts-that-are-there.ts';

const manifest = readFileSync(
  new URL('../../collector-config/builder.yaml', import.meta.url),
  'utf8',
);
const release = /^ {2}version: 0\.(\d+)\.0$/m.exec(manifest)?.[1] ?? '';

test('a manifest whose parts are all there stays as it is', () => {
  expect(withPartsThatAreThere(manifest, () => true)).toBe(manifest);
});

test('a part that is not there, or that lacks what it needs, is of the newest release that is', () => {
  const asked: string[] = [];
  const lowered = withPartsThatAreThere(manifest, (modules) => {
    asked.push(...modules);
    return !modules.some(
      (module) => module.includes('prometheusexporter') && !module.endsWith('v0.161.0'),
    );
  });
  expect(lowered).toMatch(/prometheusexporter v0\.161\.0$/m);
  // The rest is of the release, and its core wins over what the older part asks for.
  expect(lowered.match(new RegExp(` v0\\.${release}\\.0$`, 'gm'))).toHaveLength(
    (manifest.match(new RegExp(` v0\\.${release}\\.0$`, 'gm')) ?? []).length,
  );
  expect(lowered).toContain(
    `replaces:\n  - go.opentelemetry.io/collector => go.opentelemetry.io/collector v0.${release}.0\n`,
  );
  expect(asked.filter((module) => module.includes('aws'))).toEqual([]);
});

test('a part that is nowhere stays, so that the builder says what is missing', () => {
  expect(withPartsThatAreThere(manifest, () => false)).toMatch(
    new RegExp(`prometheusexporter v0\\.${release}\\.0$`, 'm'),
  );
});

test('parts of other releases are told by what a Collector says of itself', () => {
  const said =
    'exporters:\n  - name: file\n    module: example.com/file v0.165.0\n  - name: prometheus\n    module: example.com/prometheus v0.161.0\n';
  expect(partsOfOtherReleases(said, '0.165.0')).toEqual(['prometheus v0.161.0']);
});

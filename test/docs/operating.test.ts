import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { expect, test } from 'vitest';

const read = (file: string): string =>
  readFileSync(fileURLToPath(new URL(`../../${file}`, import.meta.url)), 'utf8');

test('every metric of the companion is on the page about running it', () => {
  const page = read('docs/operating.md');
  const source = read('packages/exporter/src/observe/companion-metrics.ts');
  const names = [...source.matchAll(/(?:\[\s*|row\()'([a-z_.]+)'/g)].map(([, name]) => name);
  expect(names.length).toBeGreaterThan(25);
  for (const name of names) expect(page).toContain(`\`aftertrace.companion.${name}\``);
  const others = [
    ...read('packages/exporter/src/emit/create-emitter.ts').matchAll(
      /'(aftertrace\.companion\.[a-z_.]+)'/g,
    ),
    ...read('packages/cli/src/companion/observer.ts').matchAll(
      /'(aftertrace\.companion\.[a-z_.]+)'/g,
    ),
    ...read('packages/cli/src/companion/control-metrics.ts').matchAll(
      /'(aftertrace\.companion\.[a-z_.]+)'/g,
    ),
  ].map(([, name]) => name);
  expect(others).toHaveLength(8);
  for (const name of others) expect(page).toContain(`\`${name}\``);
});

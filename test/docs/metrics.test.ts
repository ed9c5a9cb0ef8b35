import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { expect, test } from 'vitest';

const read = (file: string): string =>
  readFileSync(fileURLToPath(new URL(`../../${file}`, import.meta.url)), 'utf8');
const page = read('docs/reference/metrics.md');
const matches = (text: string, pattern: RegExp): readonly string[] =>
  [...text.matchAll(pattern)].map(([, name = '']) => name);

test('every metric of the companion is on the page of metrics', () => {
  const source = read('packages/exporter/src/observe/companion-metrics.ts');
  const names = matches(source, /(?:\[\s*|row\()'([a-z_.]+)'/g);
  expect(names.length).toBeGreaterThan(25);
  for (const name of names) expect(page).toContain(`\`aftertrace.companion.${name}\``);
  const others = [
    'packages/exporter/src/emit/create-emitter.ts',
    'packages/cli/src/companion/observer.ts',
    'packages/cli/src/companion/control-metrics.ts',
  ].flatMap((file) => matches(read(file), /'(aftertrace\.companion\.[a-z_.]+)'/g));
  expect(others).toHaveLength(9);
  for (const name of others) expect(page).toContain(`\`${name}\``);
});

test('every dimension of the span metrics is on it, and no other', () => {
  const dimensions = matches(
    read('collector-config/production.yaml'),
    /^ {6}- \{ name: ([a-z_.]+), default: '' \}/gm,
  );
  expect(dimensions.length).toBeGreaterThan(5);
  const listed = matches(page, /^\| `[a-z_]+`\s+\| `([a-z_.]+)`/gm);
  expect(listed).toEqual(
    dimensions.toSorted((left, right) => listed.indexOf(left) - listed.indexOf(right)),
  );
});

test('every recording rule is on it, and every alert on the page of the rules', () => {
  const recorded = matches(read('collector-config/prometheus/recording.yaml'), /record: (\S+)/g);
  expect(recorded.length).toBeGreaterThan(10);
  for (const name of recorded) expect(page).toContain(`\`${name}\``);
  const alerts = matches(read('collector-config/prometheus/alerts.yaml'), /alert: (\S+)/g);
  const about = read('collector-config/prometheus/README.md');
  expect(matches(about, /^\| `(Aftertrace\w+)`/gm)).toEqual(alerts);
});

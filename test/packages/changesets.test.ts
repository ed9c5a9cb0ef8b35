import { readdirSync, readFileSync } from 'node:fs';

import { expect, test } from 'vitest';

const ROOT = new URL('../../', import.meta.url);

const PACKAGES = readdirSync(new URL('packages/', ROOT)).map((folder) => {
  const file = new URL(`packages/${folder}/package.json`, ROOT);
  return (JSON.parse(readFileSync(file, 'utf8')) as { readonly name: string }).name;
});

test('changesets name packages that there are: a release stops at any other', () => {
  const unknown = readdirSync(new URL('.changeset/', ROOT)).flatMap((file) => {
    if (!file.endsWith('.md') || file === 'README.md') return [];
    const text = readFileSync(new URL(`.changeset/${file}`, ROOT), 'utf8');
    const [, head = ''] = /^---\n([^]*?)---\n/.exec(text) ?? [];
    const named = [...head.matchAll(/^['"]?([^'":]+)['"]?: /gm)].map(([, name = '']) => name);
    return named.filter((name) => !PACKAGES.includes(name)).map((name) => `${file}: ${name}`);
  });
  expect(unknown).toEqual([]);
});

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { describe, expect, test } from 'vitest';

const packages = fileURLToPath(new URL('../../packages', import.meta.url));

interface Manifest {
  readonly name: string;
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
}

/** The names that a source file exports, types marked so; `export *` is not allowed. */
function exportedNames(file: string): string[] {
  const source = readFileSync(file, 'utf8').replace(/\/\*[\s\S]*?\*\//g, '');
  if (/^export \*/m.test(source)) throw new Error(`${file}: list exports by hand`);
  const names: string[] = [];
  for (const [, kind, list] of source.matchAll(/^export (type )?\{([^}]*)\}/gm)) {
    for (const item of (list ?? '').split(',')) {
      const name = item.trim().replace(/^type /, '');
      if (name === '') continue;
      const isType = kind !== undefined || item.trim().startsWith('type ');
      names.push(`${isType ? 'type ' : ''}${name.split(' as ').at(-1)}`);
    }
  }
  for (const [, keyword, name] of source.matchAll(
    /^export (?:async )?(const|function|class|interface|type) (\w+)/gm,
  )) {
    names.push(keyword === 'interface' || keyword === 'type' ? `type ${name}` : String(name));
  }
  return [...new Set(names)].sort();
}

describe('exported names change only on purpose', () => {
  for (const directory of readdirSync(packages).sort()) {
    const base = path.join(packages, directory);
    const manifest = JSON.parse(readFileSync(path.join(base, 'package.json'), 'utf8')) as Manifest;
    for (const [entry, target] of Object.entries(manifest.exports)) {
      if (typeof target === 'string') continue;
      test(path.posix.join(manifest.name, entry), () => {
        const source = target['@aftertrace/source'];
        expect(source).toBeDefined();
        expect(exportedNames(path.join(base, String(source)))).toMatchSnapshot();
      });
    }
  }
});

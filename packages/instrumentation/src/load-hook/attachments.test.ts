import { describe, expect, test } from 'vitest';

import { createAttach, type ModuleFinding } from './attach.ts';
import { createAttachmentLog, type Attachment, type AttachmentLog } from './attachments.ts';
import { plainText } from './source-text.ts';
import type { FrameworkTarget } from './target.ts';
import { majors } from './versions.ts';

const hashed: FrameworkTarget = {
  package: 'mcp',
  versions: majors(2),
  modules: [
    {
      file: /^dist\/[\w-]+\.[mc]?js$/,
      contains: 'class Client',
      methods: ['Client.prototype.callTool'],
    },
  ],
};
const CLIENT = 'class Client { callTool() {} }\n';

const unreadable = (): never => {
  throw new Error('EACCES');
};

interface Log {
  readonly log: AttachmentLog;
  readonly told: Attachment[];
  readonly errors: string[];
  /** The time in which a module may follow is over. */
  readonly late: () => void;
  readonly load: (name: string, source: string, format?: string | null) => string | undefined;
}

function createLog(version = '2.0.0'): Log {
  const told: Attachment[] = [];
  const errors: string[] = [];
  const waiting: (() => void)[] = [];
  const log = createAttachmentLog({
    file: undefined,
    instance: () => 'i',
    now: () => 0,
    later: (action) => void waiting.push(action),
    onAttachment: (attachment) => told.push(attachment),
    onError: (key) => errors.push(key),
  });
  const attach = createAttach({
    targets: [hashed],
    readText: () => JSON.stringify({ version }),
    report: (finding) => log.record(finding),
  });
  return {
    log,
    told,
    errors,
    late: () => {
      for (const action of waiting.splice(0)) action();
    },
    load: (name, source, format = 'module') =>
      attach({
        url: `file:///app/node_modules/mcp/dist/${name}`,
        format,
        source: plainText(source),
      }),
  };
}

describe('a package whose modules have hashed names', () => {
  test('is attached by the one that is meant, in whatever order they load', () => {
    const { log, told, late, load } = createLog();
    load('types-a1.mjs', 'export {};');
    expect(load('public-b2.mjs', CLIENT)).toMatch(CLIENT);
    load('types-c3.mjs', 'export {};');
    late();
    expect(told).toMatchObject([{ status: 'attached', symbols: ['Client.prototype.callTool'] }]);
    expect(log.list()).toEqual(told);
  });

  test('and of which none was meant is unattached, once', () => {
    const { told, late, load, log } = createLog();
    load('types-a1.mjs', 'export {};');
    load('types-c3.mjs', 'export {};');
    expect(told).toEqual([]);
    late();
    load('types-d4.mjs', 'export {};');
    late();
    const reason = 'none of its modules that were loaded has class Client in it';
    expect(told).toMatchObject([{ name: 'mcp', version: '2.0.0', status: 'unattached', reason }]);
    expect(log.unattachedFrameworks()).toEqual(['mcp 2.0.0']);
  });

  test('counts as unattached for who asks before, but nobody is told yet', () => {
    const { told, load, log } = createLog();
    load('types-a1.mjs', 'export {};');
    expect(log.list()).toMatchObject([{ status: 'unattached' }]);
    expect([log.unattachedFrameworks(), told]).toEqual([[], []]);
  });

  test('is told of when the process ends before', () => {
    const { told, late, load, log } = createLog();
    load('types-a1.mjs', 'export {};');
    log.settle();
    late();
    expect(told).toHaveLength(1);
  });
});

describe('a module', () => {
  test.each([
    [null, 'public.cjs', 'exports.x = 1;\n', 'commonjs'],
    [undefined, 'public.mjs', '', 'module'],
    [null, 'public.js', 'export const x = 1;\n', 'module'],
    [null, 'public.js', "import 'x';\n", 'module'],
    [null, 'public.js', "import('x');\n", 'commonjs'],
  ])('of format %s is what %s with %j says: %s', (format, name, source, expected) => {
    const { load, log } = createLog();
    expect(load(name, source + CLIENT, format)).toBeDefined();
    expect(log.list()).toMatchObject([{ status: 'attached', format: expected }]);
  });

  test.each(['json', 'wasm', 'builtin', 'module-typescript'])('of format %s is none', (format) => {
    const { load, log } = createLog();
    expect([load('public.js', CLIENT, format), log.list()]).toEqual([undefined, []]);
  });

  test('that has the line already is left alone', () => {
    const { load, told } = createLog();
    const once = load('public.mjs', CLIENT) ?? '';
    expect(load('public.mjs', once)).toBeUndefined();
    expect(told).toHaveLength(1);
  });

  test('of a version that was not tried, or without what is hooked, says why', () => {
    const old = createLog('1.9.0');
    old.load('public.mjs', CLIENT);
    const changed = createLog();
    changed.load('public.mjs', 'class Client {}');
    expect([...old.told, ...changed.told].map(({ reason }) => reason)).toEqual([
      'supported versions are >=2.0.0 <3.0.0',
      'no Client.prototype.callTool in it',
    ]);
  });

  test('of a version that was not tried says so, whatever its files are called by now', () => {
    const { load, told } = createLog('3.0.0');
    load('sub/renamed.js', 'export {};');
    expect(told).toMatchObject([{ status: 'unattached', version: '3.0.0' }]);
  });

  test('of a version that was tried is left alone where nothing in it is meant', () => {
    const { load, log } = createLog();
    expect([load('sub/other.js', CLIENT), log.list()]).toEqual([undefined, []]);
  });

  test.each([
    ['package', '{', plainText(CLIENT), 'unknown'],
    ['text', '{"version":"2.0.0"}', { has: unreadable, text: unreadable }, '2.0.0'],
  ])(
    'whose %s cannot be read stays as it is, and counts as unattached',
    (_what, manifest, source, version) => {
      const findings: ModuleFinding[] = [];
      const attach = createAttach({
        targets: [hashed],
        readText: () => manifest,
        report: (finding) => findings.push(finding),
      });
      const url = 'file:///app/node_modules/mcp/dist/a.js';
      expect(attach({ url, format: 'module', source })).toBeUndefined();
      expect(findings).toMatchObject([
        { status: 'failed' },
        { status: 'unattached', name: 'mcp', version },
      ]);
    },
  );
});

test('what was found elsewhere is fetched before anything is told', () => {
  const { log, told } = createLog();
  const module = { name: 'mcp', version: '2.0.0', format: 'module' } as const;
  log.fetchWith(() => log.record({ ...module, status: 'unattached', reason: 'x' }));
  expect(log.unattachedFrameworks()).toEqual(['mcp 2.0.0']);
  expect(log.list()).toHaveLength(1);
  expect(told).toHaveLength(1);
});

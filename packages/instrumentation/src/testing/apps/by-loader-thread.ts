/**
 * Attaches as on a Node whose hooks in the application's thread cannot be trusted, loads a module by `import` or `require`,
 * and says what its `run` gives and what was attached.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

import { createDiagnostics } from '../../diagnostics.ts';
import { createAttachmentLog } from '../../load-hook/attachments.ts';
import { createBindings } from '../../load-hook/bindings.ts';
import { createAttach } from '../../load-hook/attach.ts';
import { compileCommonJs } from '../../load-hook/compile-commonjs.ts';
import { startLoaderThread } from '../../load-hook/start-loader-thread.ts';
import { majors } from '../../load-hook/versions.ts';
import { BOOT_KEY } from '../../runtime-key.ts';

const targets = [
  {
    package: 'fake',
    versions: majors(1),
    modules: [{ file: /^dist\/.*\.(?:js|cjs|mjs)$/, functions: ['run'] }],
  },
];
const log = createAttachmentLog({
  file: undefined,
  instance: () => 'i',
  now: () => 0,
  later: () => undefined,
  onAttachment: () => undefined,
  onError: () => undefined,
});
(globalThis as Record<symbol, unknown>)[Symbol.for(BOOT_KEY)] = createBindings({
  adapt: (_site, original) => () => `wrapped ${String(Reflect.apply(original, undefined, []))}`,
  onMissed: () => undefined,
  diagnostics: createDiagnostics(() => undefined),
});
startLoaderThread(targets, log);
compileCommonJs(
  createAttach({
    targets,
    readText: (url) => readFileSync(url, 'utf8'),
    report: (finding) => log.record(finding),
  }),
);

const [how = '', file = ''] = process.argv.slice(2);
const loaded = (
  how === 'require' ? createRequire(file)(file) : await import(pathToFileURL(file).href)
) as { readonly run: () => string };
process.stdout.write(JSON.stringify({ gives: loaded.run(), attachments: log.list() }));

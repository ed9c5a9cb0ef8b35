/** Loads the module that its argument names, and says what was attached. */
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

import { attachments } from '@aftertrace/instrumentation';

const [specifier = '', how] = process.argv.slice(2);
if (how === 'require') createRequire(import.meta.url)(fileURLToPath(specifier));
else await import(specifier);
process.stdout.write(JSON.stringify(attachments()));

/** Loads the module that its argument names, and says what was attached. */
import { attachments } from '@aftertrace/instrumentation';

const [specifier = ''] = process.argv.slice(2);
await import(specifier);
process.stdout.write(JSON.stringify(attachments()));

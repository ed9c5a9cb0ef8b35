/**
 * `node --import @aftertrace/node app.js`: OpenTelemetry's SDK by its standard variables, the companion where one is found,
 * and Aftertrace's instrumentation. Importing it starts it; there is nothing to call. On a Node that is too old nothing
 * but this module is loaded.
 */
import { unsupportedNode } from './node-version.ts';

const problem = unsupportedNode(process.versions.node);
if (problem === undefined) {
  const { start } = await import('./start.ts');
  start();
  await import('@aftertrace/instrumentation/register');
} else {
  process.stderr.write(`aftertrace: ${problem}\n`);
}

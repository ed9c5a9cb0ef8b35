/**
 * Entry for `node --import @aftertrace/instrumentation/register app.js`: attaches to the frameworks that the application
 * loads, and enforces the policy that its environment names. Bring your own OpenTelemetry SDK, before or after it.
 */
import { boot, isSetUp } from './boot.ts';
import { loadNow } from './load-now.ts';

// Its policy is fetched while the application loads; where there is none, nobody waits for what only a call needs.
if (isSetUp(process.env)) loadNow('runtime').runtime();
boot().attach();

/**
 * Entry for `node --import @aftertrace/instrumentation/register app.js`: attaches to the frameworks that the application
 * loads, and enforces the policy that its environment names. Bring your own OpenTelemetry SDK, before or after it.
 */
import { runtime } from './runtime.ts';

runtime().attach();

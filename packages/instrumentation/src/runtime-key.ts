/**
 * Key of the process-wide state on `globalThis`. Two copies of this package must agree on who is in force, so the state
 * is shared; the number grows when its shape changes.
 */
export const RUNTIME_KEY = 'aftertrace.instrumentation.v1';

/** The same for what is there before it: see `boot.ts`. The line that the load hook appends asks for this one. */
export const BOOT_KEY = 'aftertrace.boot.v1';

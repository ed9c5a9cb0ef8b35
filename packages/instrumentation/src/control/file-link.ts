import { setTimeout } from 'node:timers/promises';

import type { Diagnostics } from '../diagnostics.ts';
import { compileFiles } from './compile.ts';
import type { Enforcement } from './enforcement.ts';
import { createFirstState } from './first-state.ts';
import { UNGOVERNED, type ManagedLink } from './link.ts';
import { watchPolicyFile } from './policy-file.ts';
import { rememberRevision, type PolicyTrust } from './policy-trust.ts';
import {
  FIRST_FILE_MILLIS,
  POLICY_FILE_INTERVAL_MILLIS,
  POLICY_FILE_PAUSE_MILLIS,
} from './timing.ts';

/** What a process without a companion works with. */
export interface FileLinkOptions {
  /** A file, or a directory of files that are one bundle. */
  readonly file: string;
  readonly enforcement: Enforcement;
  readonly diagnostics: Diagnostics;
  readonly trust: PolicyTrust;
}

/** Governs by a file: rules hold, nobody can be asked, and evidence stays in telemetry. */
export function createFileLink(options: FileLinkOptions): ManagedLink {
  const { file, enforcement, diagnostics, trust } = options;
  const first = createFirstState(FIRST_FILE_MILLIS);
  const watch = watchPolicyFile({
    path: file,
    intervalMillis: POLICY_FILE_INTERVAL_MILLIS,
    pause: () => setTimeout(POLICY_FILE_PAUSE_MILLIS, undefined, { ref: false }),
    onFiles: async (files) => {
      const applied = await enforcement.apply([], () => compileFiles(files, trust));
      if (applied.refused === undefined) return rememberRevision(options);
      diagnostics.count('control.policy_refused');
      for (const problem of applied.refused.problems) {
        const message = `the policy is refused and changes nothing: ${problem}`;
        diagnostics.tellOnce(`policy.${problem}`, message);
      }
    },
    onError: (error) => {
      diagnostics.count('control.policy_unreadable');
      diagnostics.tellOnce('policy.unreadable', `the policy file cannot be read: ${String(error)}`);
    },
  });
  void watch.ready.then(first.settle);
  return {
    ...UNGOVERNED,
    governed: true,
    inForce: () => enforcement.current(),
    untilReady: () => first.until(),
    close: () => watch.close(),
  };
}

import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { companionFilePath, Env } from '@aftertrace/schema/names';

import type { Diagnostics } from '../diagnostics.ts';
import type { Environment } from '../environment.ts';
import { revisionOf } from './compile.ts';
import type { Enforcement } from './enforcement.ts';

/** Which policies a process takes. */
export interface PolicyTrust {
  /** Only signed ones, and none that is older than one it took before. */
  readonly isRequired: boolean;
  /** Why a bundle, as it was written, must not be put in force; empty: nothing speaks against it. Never rejects. */
  problemsOf(written: unknown): Promise<readonly string[]>;
  /** This revision is in force now: from here on, none that is lower is taken, by later processes either. */
  accepted(revision: number): Promise<void>;
}

/** A process that pins no keys: every sound policy is taken. */
export const EVERY_POLICY: PolicyTrust = Object.freeze({
  isRequired: false,
  problemsOf: () => Promise.resolve([]),
  accepted: () => Promise.resolve(),
});

/** What is pinned, and where what was accepted is remembered. */
export interface PolicyTrustOptions {
  readonly env: Environment;
  readonly home: string;
  /** File with public keys, PEM. */
  readonly keysFile: string;
  /** As the environment has it; undefined: none is set. */
  readonly minRevision: string | undefined;
  /** What policies come from: a companion's address or a file. Each has its own memory. */
  readonly source: string;
  /** Of this process, so that two do not write the same draft. */
  readonly instance: string;
}

/**
 * Trust in those who hold the keys, and in nobody between them and this process. The file of keys is read for each bundle, so
 * that keys are changed without a restart; while it cannot be read, nothing is taken.
 */
export function createPolicyTrust(options: PolicyTrustOptions): PolicyTrust {
  const { keysFile, minRevision } = options;
  const floor = createRevisionFloor(options);
  return {
    isRequired: true,
    problemsOf: async (written) => {
      const { checkSignatures, formatProblem, readTrustedKeys } =
        await import('@aftertrace/policy/compile');
      const least = leastRevision(minRevision);
      if (least === undefined) {
        return [`${Env.POLICY_MIN_REVISION} is no whole number; until it is, no policy is taken`];
      }
      try {
        const check = checkSignatures(written, readTrustedKeys(await readFile(keysFile, 'utf8')));
        if (!check.ok) return check.problems.map(formatProblem);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        return [`the keys in ${Env.POLICY_KEYS} cannot be used, so no policy is taken: ${reason}`];
      }
      const lowest = Math.max(least, await floor.recall());
      const revision = revisionOf(written);
      if (revision >= lowest) return [];
      return [
        `revision ${revision} is older than ${lowest}, the lowest that is taken here; sign the same content as a new revision`,
      ];
    },
    accepted: (revision) => floor.raise(revision),
  };
}

/** After a policy was put in force: nothing that is older is taken from now on, by this process and the next. */
export async function rememberRevision(options: {
  readonly enforcement: Enforcement;
  readonly diagnostics: Diagnostics;
  readonly trust: PolicyTrust;
}): Promise<void> {
  const { enforcement, diagnostics, trust } = options;
  const { policy } = enforcement.current();
  if (policy === undefined) return;
  try {
    await trust.accepted(policy.revision);
  } catch (error) {
    diagnostics.count('control.keep_error');
    diagnostics.warnOnce('control.floor', `the revision cannot be remembered: ${String(error)}`);
  }
}

/** Why a process that was told to wait for its companion refuses calls. */
export function closedReason(companion: string, { isRequired }: PolicyTrust): string {
  const awaited = isRequired ? 'has sent a signed policy' : 'has answered';
  return `No tool may be called before the companion at ${companion} ${awaited}.`;
}

function leastRevision(text: string | undefined): number | undefined {
  if (text === undefined) return 0;
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/** The highest revision that any process of this user has had in force, on disk. */
interface RevisionFloor {
  recall(): Promise<number>;
  raise(revision: number): Promise<void>;
}

function createRevisionFloor(options: PolicyTrustOptions): RevisionFloor {
  const { env, home, source, instance } = options;
  const name = createHash('sha256').update(source).digest('hex').slice(0, 32);
  const hasPlace = companionFilePath(env, home) !== companionFilePath({}, '');
  const file = join(dirname(companionFilePath(env, home)), `policy-floor-${name}.json`);
  let highest = 0;
  const recall = async (): Promise<number> => {
    try {
      highest = Math.max(highest, revisionOf(JSON.parse(await readFile(file, 'utf8'))));
    } catch {
      // Nothing is remembered, or it cannot be read: what this process took itself still counts.
    }
    return highest;
  };
  return {
    recall,
    raise: async (revision) => {
      if (revision <= (await recall())) return;
      highest = revision;
      if (!hasPlace) return;
      await mkdir(dirname(file), { recursive: true, mode: 0o700 });
      const draft = `${file}.${instance}`;
      await writeFile(draft, JSON.stringify({ revision }), { mode: 0o600 });
      await rename(draft, file);
    },
  };
}

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
  /** The one that nothing spoke against the last time. */
  let checked: Taken | undefined;
  return {
    isRequired: true,
    problemsOf: async (written) => {
      const { checkSignatures, formatProblem, readTrustedKeys } =
        await import('@aftertrace/policy/compile');
      const least = leastRevision(minRevision);
      if (least === undefined) {
        return [`${Env.POLICY_MIN_REVISION} is no whole number; until it is, no policy is taken`];
      }
      let contentDigest: string;
      try {
        const check = checkSignatures(written, readTrustedKeys(await readFile(keysFile, 'utf8')));
        if (!check.ok) return check.problems.map(formatProblem);
        ({ contentDigest } = check);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        return [`the keys in ${Env.POLICY_KEYS} cannot be used, so no policy is taken: ${reason}`];
      }
      const taken = await floor.recall();
      const found = { revision: revisionOf(written), contentDigest };
      const problem = problemBeside(found, taken, least);
      if (problem === undefined) checked = found;
      return problem === undefined ? [] : [problem];
    },
    accepted: (revision) =>
      floor.raise(
        checked?.revision === revision ? checked : { revision, contentDigest: undefined },
      ),
  };
}

/** A revision, and what was in it. */
interface Taken {
  readonly revision: number;
  /** Undefined: not known, as an earlier version did not remember it. */
  readonly contentDigest: string | undefined;
}

/** What speaks against a bundle that is signed, beside what was taken before. */
function problemBeside(found: Taken, taken: Taken, least: number): string | undefined {
  const lowest = Math.max(least, taken.revision);
  const { revision, contentDigest } = found;
  if (revision < lowest) {
    return `revision ${revision} is older than ${lowest}, the lowest that is taken here; sign the same content as a new revision`;
  }
  const isOther = taken.contentDigest !== undefined && taken.contentDigest !== contentDigest;
  return revision === taken.revision && isOther ? otherContent(revision) : undefined;
}

/** Two bundles claim one revision: nobody could say which of them is in force. */
export function otherContent(revision: number): string {
  return `revision ${revision} was taken with other content; publish this one as a higher revision`;
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

/** The highest revision that any process of this user has had in force, with what was in it, on disk. */
interface RevisionFloor {
  recall(): Promise<Taken>;
  raise(taken: Taken): Promise<void>;
}

function createRevisionFloor(options: PolicyTrustOptions): RevisionFloor {
  const { env, home, source, instance } = options;
  const name = createHash('sha256').update(source).digest('hex').slice(0, 32);
  const hasPlace = companionFilePath(env, home) !== companionFilePath({}, '');
  const file = join(dirname(companionFilePath(env, home)), `policy-floor-${name}.json`);
  let highest: Taken = { revision: 0, contentDigest: undefined };
  const recall = async (): Promise<Taken> => {
    try {
      const kept = readTaken(JSON.parse(await readFile(file, 'utf8')));
      if (isMore(kept, highest)) highest = kept;
    } catch {
      // Nothing is remembered, or it cannot be read: what this process took itself still counts.
    }
    return highest;
  };
  return {
    recall,
    raise: async (taken) => {
      if (!isMore(taken, await recall())) return;
      highest = taken;
      if (!hasPlace) return;
      await mkdir(dirname(file), { recursive: true, mode: 0o700 });
      const draft = `${file}.${instance}`;
      await writeFile(draft, JSON.stringify(taken), { mode: 0o600 });
      await rename(draft, file);
    },
  };
}

/** A higher revision, or the same of which the content was not known. */
function isMore(one: Taken, other: Taken): boolean {
  if (one.revision !== other.revision) return one.revision > other.revision;
  return one.contentDigest !== undefined && other.contentDigest === undefined;
}

function readTaken(kept: unknown): Taken {
  const digest: unknown = (kept as { readonly contentDigest?: unknown } | null)?.contentDigest;
  return {
    revision: revisionOf(kept),
    contentDigest: typeof digest === 'string' ? digest : undefined,
  };
}

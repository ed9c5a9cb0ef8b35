import type { ControlClient } from '@aftertrace/control';
import type { Instance } from '@aftertrace/schema';

import { valueOfOrdered } from '../connect.ts';
import { ExitCode } from '../exit-code.ts';
import { sanitize } from '../terminal/sanitize.ts';

/** Which processes have taken a revision over, and which have not. */
export interface Spread {
  readonly revision: number;
  readonly effective: readonly { readonly instance: string; readonly at: string }[];
  readonly waiting: readonly string[];
  readonly refused: readonly { readonly instance: string; readonly problems: readonly string[] }[];
}

const POLL_MILLIS = 25;

/** Waits until every connected process has taken a revision over or refused it, at most so long. */
export async function waitForRevision(
  client: ControlClient,
  revision: number,
  waitMillis: number,
): Promise<Spread> {
  const deadline = performance.now() + waitMillis;
  for (;;) {
    const all = valueOfOrdered(
      await client.instances(),
      `revision ${revision} is published; aftertrace policy log has it`,
    );
    const spread = spreadOf(
      all.filter(({ connected }) => connected),
      revision,
    );
    if (spread.waiting.length === 0 || performance.now() >= deadline) return spread;
    await new Promise((resolve) => {
      setTimeout(resolve, POLL_MILLIS);
    });
  }
}

function spreadOf(instances: readonly Instance[], revision: number): Spread {
  const has = (instance: Instance): boolean => (instance.policyRevision ?? -1) >= revision;
  const refuses = (instance: Instance): boolean =>
    !has(instance) && instance.policyRefused?.policyRevision === revision;
  return {
    revision,
    effective: instances
      .filter(has)
      .map(({ instance, inForceSince }) => ({ instance, at: inForceSince ?? '' })),
    waiting: instances.filter((one) => !has(one) && !refuses(one)).map(({ instance }) => instance),
    refused: instances.filter(refuses).map(({ instance, policyRefused }) => ({
      instance,
      problems: policyRefused?.problems ?? [],
    })),
  };
}

/** Lines for a person, the first of which is what was done. */
export function describeSpread(done: string, spread: Spread): string {
  const { effective, waiting, refused } = spread;
  const lines = [
    done,
    ...effective.map(({ instance, at }) => `  in force in ${instance} since ${at}`),
    ...waiting.map((instance) => `  not acknowledged by ${instance}`),
    ...refused.map(
      ({ instance, problems }) =>
        `  REFUSED by ${instance}: ${problems[0] ?? 'it does not say why'}`,
    ),
  ];
  if (effective.length + waiting.length + refused.length === 0) {
    lines.push('  no process with a guard is connected');
  }
  return lines.map((line) => sanitize(line, 300)).join('\n');
}

/** Without `--wait` nothing is claimed but that it was published; a refusal is never success. */
export function exitCodeOf({ effective, waiting, refused }: Spread, waited: boolean): ExitCode {
  if (refused.length > 0) return ExitCode.NOT_EFFECTIVE;
  if (!waited) return ExitCode.OK;
  if (waiting.length > 0) return ExitCode.NOT_EFFECTIVE;
  return effective.length > 0 ? ExitCode.OK : ExitCode.NOBODY;
}

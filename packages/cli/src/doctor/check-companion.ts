import type { Instance } from '@aftertrace/schema';

import { connect, valueOf } from '../connect.ts';
import { CommandError } from '../exit-code.ts';
import type { Check } from './check.ts';

/** Who governs: whether a companion answers, which policy it has in force, and what no guard sees. */
export async function checkCompanion(
  env: Readonly<Record<string, string | undefined>>,
): Promise<readonly Check[]> {
  const file = env['AFTERTRACE_POLICY'];
  try {
    const client = await connect();
    const policy = valueOf(await client.policy());
    const { instances, unenforced } = valueOf(await client.presence());
    return [
      {
        topic: 'companion',
        status: 'ok',
        subject: 'companion',
        finding: `answers; ${count(instances.filter(({ connected }) => connected).length, 'process', 'processes')} connected`,
      },
      {
        topic: 'policy',
        status: policy === undefined ? 'note' : 'ok',
        subject: 'policy',
        finding:
          policy === undefined
            ? 'none is published: every tool call is allowed'
            : describePolicy(policy.bundle),
      },
      ...instances.flatMap(checkInstance),
      ...unenforced.map((agent): Check => ({
        topic: 'companion',
        status: 'problem',
        subject: `agent ${agent}`,
        finding: 'unenforced: its telemetry comes from a process without a guard',
      })),
    ];
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    const governed = file === undefined || file === '' ? '' : `; the policy in ${file} is used`;
    return [
      {
        topic: 'companion',
        status: 'note',
        subject: 'companion',
        finding: `${error.message}${governed}`,
      },
    ];
  }
}

function checkInstance(instance: Instance): readonly Check[] {
  if (!instance.connected) return [];
  const about = { topic: 'companion', status: 'problem' } as const;
  const subject = `process ${instance.instance} (${instance.agent})`;
  const unattached = instance.unattached ?? [];
  const problems = instance.policyRefused?.problems ?? [];
  return [
    ...(unattached.length === 0
      ? []
      : [{ ...about, subject, finding: `unenforced: not attached to ${unattached.join(', ')}` }]),
    ...(problems.length === 0
      ? []
      : [{ ...about, subject, finding: `refuses the policy: ${problems.join('; ')}` }]),
  ];
}

function describePolicy(bundle: {
  readonly name: string;
  readonly revision: number;
  readonly rules: readonly unknown[];
  readonly requireAttached?: unknown;
}): string {
  const enforced = bundle.rules.filter(
    (rule) => (rule as { readonly mode?: unknown } | null)?.mode === 'enforce',
  ).length;
  const required =
    bundle.requireAttached === true ? '; processes that are not attached may call no tool' : '';
  return `${bundle.name}, revision ${bundle.revision}: ${count(bundle.rules.length, 'rule', 'rules')}, ${enforced} enforced${required}`;
}

function count(number: number, one: string, many: string): string {
  return `${number} ${number === 1 ? one : many}`;
}

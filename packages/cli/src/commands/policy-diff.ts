import { diffBundles } from '@aftertrace/policy/compile';

import { connect, valueOf } from '../connect.ts';
import { ExitCode } from '../exit-code.ts';
import { findBundle } from '../policy/bundle-ref.ts';
import { renderChanges } from '../policy/render-changes.ts';
import type { Output } from '../terminal/output.ts';
import { renderTable } from '../terminal/table.ts';

/** `aftertrace policy diff BEFORE [AFTER]`: rule by rule, defaults filled in. Exit code 0 either way. */
export async function diffPolicies(
  refs: { readonly before: string; readonly after: string },
  options: { readonly data?: string; readonly json: boolean },
  output: Output,
): Promise<ExitCode> {
  const before = await findBundle(refs.before, options.data);
  const after = await findBundle(refs.after, options.data);
  const changes = diffBundles(before.bundle, after.bundle);
  output.out(options.json ? JSON.stringify({ changes }) : renderChanges(changes));
  return ExitCode.OK;
}

/** `aftertrace policy log`: every revision that was published, by whom and why. */
export async function listRevisions(
  options: { readonly data?: string; readonly json: boolean },
  output: Output,
): Promise<ExitCode> {
  const client = await connect(options.data);
  const revisions = valueOf(await client.policyRevisions());
  if (options.json) {
    output.out(JSON.stringify(revisions));
    return ExitCode.OK;
  }
  if (revisions.length === 0) {
    output.out('no policy has been published');
    return ExitCode.OK;
  }
  const rows = revisions.map(({ revision, name, rules, publishedAt, actor, reason, ...more }) => [
    String(revision),
    name,
    String(rules),
    publishedAt.slice(0, 19).replace('T', ' '),
    actor.id,
    more.signedBy?.join(' ') ?? '',
    more.rollbackOf === undefined ? reason : `(as ${more.rollbackOf}) ${reason}`,
  ]);
  const headings = ['REVISION', 'NAME', 'RULES', 'AT (UTC)', 'BY', 'SIGNED BY', 'REASON'];
  output.out(renderTable(headings, rows));
  return ExitCode.OK;
}

import path from 'node:path';

import { verifyLedger } from '@aftertrace/ledger';

import { ExitCode } from '../exit-code.ts';
import { requireData } from '../require-data.ts';
import type { Output } from '../terminal/output.ts';
import { renderTable } from '../terminal/table.ts';

/** `aftertrace audit verify`: checks the hash chain of the audit log and names what is wrong. */
export async function verifyAudit(
  options: { readonly data: string; readonly json: boolean },
  output: Output,
): Promise<ExitCode> {
  const file = path.join(await requireData(options.data), 'audit.jsonl');
  const report = await verifyLedger(file);
  if (options.json) {
    output.out(JSON.stringify(report));
  } else if (report.ok) {
    output.out(
      `${file}: ${report.entries} entries, the chain holds; head ${report.head.seq} ${report.head.hash}`,
    );
  } else {
    output.out(`${file}: ${report.problems.length + report.omitted} problems`);
    const rows = report.problems.map(({ line, seq, kind, message }) => [
      String(line),
      seq === undefined ? '' : String(seq),
      kind,
      message,
    ]);
    output.out(renderTable(['LINE', 'SEQ', 'KIND', 'WHAT'], rows, { maxColumnChars: 120 }));
  }
  return report.ok ? ExitCode.OK : ExitCode.FAILED;
}

import { readFile } from 'node:fs/promises';

import { z } from 'zod';

import { renderTable } from '../terminal/table.ts';

/** A line of the file that `AFTERTRACE_ATTACHMENTS` names, as the instrumentation writes it. */
const Attachment = z.object({
  pid: z.number(),
  name: z.string(),
  version: z.string(),
  format: z.string(),
  status: z.enum(['attached', 'unattached']),
  symbols: z.array(z.string()),
  reason: z.string().optional(),
});
export type Attachment = z.infer<typeof Attachment>;

/** What the processes of an application have said so far; a line that is being written is left for the next time. */
export async function readAttachments(file: string): Promise<Attachment[]> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .flatMap((line) => {
      if (line === '') return [];
      const attachment = Attachment.safeParse(JSON.parse(line));
      return attachment.success ? [attachment.data] : [];
    });
}

/** Shows each attachment once. */
export interface AttachmentTable {
  /** A table of those not shown before, or undefined. */
  readonly news: (attachments: readonly Attachment[]) => string | undefined;
  readonly isEmpty: () => boolean;
}

export function createAttachmentTable(): AttachmentTable {
  let shown = 0;
  return {
    news: (attachments) => {
      const fresh = attachments.slice(shown);
      if (fresh.length === 0) return undefined;
      shown = attachments.length;
      const rows = fresh.map(({ pid, name, version, format, status, symbols, reason }) => [
        String(pid),
        `${name} ${version}`,
        format === 'module' ? 'ESM' : 'CJS',
        status === 'attached' ? 'attached' : 'NOT ATTACHED',
        reason ?? symbols.join(', '),
      ]);
      return renderTable(['PROCESS', 'FRAMEWORK', 'FORMAT', 'STATUS', 'WHAT'], rows, {
        maxColumnChars: 90,
      });
    },
    isEmpty: () => shown === 0,
  };
}

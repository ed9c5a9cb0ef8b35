import { mkdir, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { createDetailStore, openEntry } from '@aftertrace/control';
import { reviewIncident } from '@aftertrace/review';

import { CommandError, ExitCode } from '../exit-code.ts';
import { requireData } from '../require-data.ts';
import type { Output } from '../terminal/output.ts';

/** Options of `aftertrace review`. */
export interface ReviewOptions {
  readonly data: string;
  /** Where the two files go; default `<data>/reviews`. */
  readonly out?: string;
  readonly json: boolean;
}

/** `aftertrace review INCIDENT`: writes the review as Markdown and as JSON and says where. */
export async function review(
  id: string,
  options: ReviewOptions,
  output: Output,
): Promise<ExitCode> {
  const dataDir = path.resolve(await requireData(options.data));
  const out = path.resolve(options.out ?? path.join(dataDir, 'reviews'));
  const linkBase = path.relative(out, dataDir).split(path.sep).join('/');
  const details = createDetailStore({ dataDir });
  const result = await reviewIncident({
    dataDir,
    incidentId: id,
    now: Date.now(),
    linkBase,
    openEntry: async (entry) => openEntry(details, entry),
  });
  if (!result.ok) throw new CommandError(result.message);
  // The id comes from our own record: what a person typed never becomes a path.
  const base = path.join(out, result.review.incident.replaceAll(/[^\w-]/g, '_'));
  await mkdir(out, { recursive: true });
  const markdown = `${base}.md`;
  const json = `${base}.json`;
  await replaceFile(markdown, result.markdown);
  await replaceFile(json, `${JSON.stringify(result.review, null, 2)}\n`);
  const rows = result.review.timeline.length;
  const linked = result.review.timeline.filter(({ evidence }) => evidence.length > 0).length;
  output.out(
    options.json
      ? JSON.stringify({ markdown, json, rows, linked, gaps: result.review.gaps })
      : `${markdown}\n${json}\n${rows} timeline rows, ${linked} of them linked to spans, lines or the audit log`,
  );
  return ExitCode.OK;
}

async function replaceFile(file: string, content: string): Promise<void> {
  const draft = `${file}.${process.pid}`;
  await writeFile(draft, content);
  await rename(draft, file);
}

import type { ReviewEvidence } from '@aftertrace/schema';

import { escapeMarkdown, fileLink, pageLink } from './escape-markdown.ts';

/** Ids that a trace viewer takes, as code; anything else is a stranger's text. */
function id(value: string): string {
  return /^[0-9a-zA-Z_-]{1,80}$/.test(value) ? `\`${value}\`` : escapeMarkdown(value);
}

/** One proof: where to look, in as many ways as there are. */
export function renderEvidence(evidence: ReviewEvidence, linkBase: string): string {
  const { file, line, stepId, traceId, spanId, ledgerSeq, trajectoryId, url } = evidence;
  const parts: string[] = [];
  if (file !== undefined) parts.push(fileLink(linkBase, file, line));
  else if (trajectoryId !== undefined) parts.push(`trajectory ${id(trajectoryId)}`);
  if (stepId !== undefined) parts.push(`step ${stepId}`);
  if (traceId !== undefined) parts.push(`trace ${id(traceId)}`);
  if (spanId !== undefined) parts.push(`span ${id(spanId)}`);
  if (ledgerSeq !== undefined) parts.push(`audit entry ${ledgerSeq}`);
  if (url !== undefined) parts.push(pageLink('open', url));
  return parts.join(', ');
}

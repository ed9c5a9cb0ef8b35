import { Attr } from '@aftertrace/schema/names';
import type * as api from '@opentelemetry/api';

import type { Content } from './content.ts';

/** How much is missing on a span that has several contents. */
const leftOut = new WeakMap<api.Span, number>();

/** Puts content on a span, and how many characters of the span's contents are missing, if any are. */
export function addContent(span: api.Span, name: string, content: Content | undefined): void {
  if (content === undefined) return;
  span.setAttribute(name, content.json);
  if (content.leftOutCharacters === 0) return;
  const total = (leftOut.get(span) ?? 0) + content.leftOutCharacters;
  leftOut.set(span, total);
  span.setAttribute(Attr.CONTENT_TRUNCATED, total);
}

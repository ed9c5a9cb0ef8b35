import type { Notice } from '../notice.ts';

/** The `type` of each notice, versioned: a receiver can rely on the fields of its data. */
const CLOUD_EVENT_TYPES = {
  opened: 'aftertrace.incident.opened.v1',
  transition: 'aftertrace.incident.transition.v1',
  updated: 'aftertrace.incident.updated.v1',
} as const satisfies Record<Notice['type'], string>;

/** A notice as a CloudEvents 1.0.2 event in structured JSON. `source` and `id` together name it for ever. */
export function cloudEventJson(notice: Notice, source: string): string {
  return JSON.stringify({
    specversion: '1.0',
    id: notice.key,
    source,
    type: CLOUD_EVENT_TYPES[notice.type],
    subject: notice.incident,
    time: notice.at,
    datacontenttype: 'application/json',
    data: notice.data,
  });
}

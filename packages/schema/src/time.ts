import { z } from 'zod';

/** A time as ISO 8601 in UTC with at least millisecond precision, for example `2026-11-22T10:00:00.000Z`. */
export const Timestamp = z.iso.datetime({ offset: false });
export type Timestamp = z.infer<typeof Timestamp>;

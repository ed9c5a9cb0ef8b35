/** Writes the dashboards that are committed: `pnpm docs:dashboards`. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { allDashboards, textOf } from './dashboards.ts';

for (const each of allDashboards()) {
  const file = path.join(import.meta.dirname, '..', each.file);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, textOf(each));
}

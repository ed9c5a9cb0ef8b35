import type { CollectorAnswers } from './collector-answers.ts';
import { fromEnv, section } from './yaml-text.ts';

/** Health, and the disk on which queues wait. */
export function writeExtensions({ kind }: CollectorAnswers): string {
  if (kind === 'laptop') return '';
  return section('extensions', [
    `health_check:\n  endpoint: ${fromEnv('HEALTH_ADDRESS', '127.0.0.1:13133')}`,
    storage('companion', 'What waits for the companion.'),
    kind === 'gateway' &&
      storage('whole', 'What waits for the Collector that its trace belongs to.'),
  ]);
}

function storage(name: string, why: string): string {
  return `\
# ${why}
file_storage/${name}:
  directory: ${fromEnv('STORAGE_DIR', '/var/lib/otelcol/aftertrace')}/${name}
  create_directory: true
  # Off by default: then what was acknowledged before a power failure may be gone, or the whole file damaged.
  fsync: true
  # A damaged file is put aside instead of keeping the Collector from starting.
  recreate: true
  compaction:
    # After an outage the file is as large as the backlog was; this gives the room back.
    on_rebound: true
    directory: ${fromEnv('STORAGE_DIR', '/var/lib/otelcol/aftertrace')}/${name}
    cleanup_on_start: true`;
}

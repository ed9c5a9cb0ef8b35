import { COMMITTED_CONFIGS } from '../../committed-configs.ts';
import { writeCollectorConfig } from '../../write-config.ts';
import type { CheckResult } from '../check-config.ts';
import type { CheckFinding } from '../check-rules.ts';

const configOf = (file: string): string =>
  writeCollectorConfig(COMMITTED_CONFIGS.find((config) => config.file === file)?.answers ?? {});
/** As they are committed. */
export const PRODUCTION = configOf('production.yaml');
export const GATEWAY = configOf('gateway.yaml');
export const TAIL = configOf('sampling-tail.yaml');
/** In memory, with a place for processors. */
export const LAPTOP = change(
  change(
    writeCollectorConfig({ kind: 'laptop', redact: true }),
    'processors: [redaction',
    'processors: [memory_limiter, redaction',
  ),
  'processors:\n',
  'processors:\n  memory_limiter: { check_interval: 1s, limit_mib: 1024 }\n',
);

/** What was found in a file that can be read. */
export function findingsOf(result: CheckResult): readonly CheckFinding[] {
  if (!result.ok) throw new Error(`line ${result.line}: ${result.message}`);
  return result.findings;
}

/** A text with one change, which must be one. */
export function change(text: string, from: string | RegExp, to: string): string {
  const changed = text.replace(from, to);
  if (changed === text) throw new Error(`nothing to change: ${String(from)}`);
  return changed;
}

const LAST_PROCESSOR = '  # Masks secrets';
/** A text with one more processor in its first pipeline. */
export const withProcessor = (text: string, definition: string, name: string): string =>
  change(
    change(text, LAST_PROCESSOR, `  ${definition}\n${LAST_PROCESSOR}`),
    'receivers: [otlp]\n      processors: [memory_limiter',
    `receivers: [otlp]\n      processors: [memory_limiter, ${name}`,
  );

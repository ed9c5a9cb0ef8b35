import type { ConfigEntry } from './config-tree.ts';
import { compile, lossOfMatching, matchesOurValues } from './own-names.ts';
import { isUnknown, type Report } from './report.ts';

/** What a `redaction` processor does to our names and values, beside removing what is not listed. */
export function judgeRedaction(processor: ConfigEntry, report: Report): void {
  for (const pattern of processor.get('blocked_key_patterns')?.items() ?? []) {
    const compiled = compiledOf(pattern, report);
    const loss = compiled && lossOfMatching(compiled);
    if (loss !== undefined) report('names-lost', pattern, loss);
  }
  for (const pattern of processor.get('blocked_values')?.items() ?? []) {
    const compiled = compiledOf(pattern, report);
    if (compiled !== undefined && matchesOurValues(compiled)) report('names-lost', pattern);
  }
}

function compiledOf(pattern: ConfigEntry, report: Report): ReturnType<typeof compile> {
  if (isUnknown(pattern, report)) return undefined;
  const compiled = compile(String(pattern.value));
  if (compiled === undefined) report('not-judged', pattern);
  return compiled;
}

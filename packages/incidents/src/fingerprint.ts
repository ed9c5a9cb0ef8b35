import { digest, type Finding } from '@aftertrace/schema';

/** What makes two findings the same problem: their parts, in order, of one agent in one environment. */
export function fingerprintOf(finding: Finding): string {
  return digest({
    agent: finding.agent,
    environment: finding.environment ?? null,
    parts: finding.fingerprintParts,
  });
}

import { dayOf, hermesFileBase } from '../files/file-names.ts';
import type { IndexedLine } from '../files/index-builder.ts';
import type { LineFacts } from '../files/line-facts.ts';
import { textHash } from '../files/line-id.ts';
import type { RunLines } from '../files/run-lines.ts';
import { hermesLine } from '../hermes/hermes-line.ts';
import type { PlannedLine } from './planned-line.ts';

/** Writes the lines that hermes files lack, successes and the rest apart; returns when they are on disk. */
export async function writeHermesLines(
  hermes: RunLines,
  plans: readonly PlannedLine[],
): Promise<void> {
  const fresh = plans.filter(({ facts }) => !isIn(hermes, facts));
  const groups = Map.groupBy(fresh, ({ facts }) =>
    hermesFileBase(facts.outcome === 'success', dayOf(facts.endTimeUnixNano)),
  );
  for (const [base, group] of groups) {
    let from = 0;
    const lines = group.map(({ whole, facts }) => ({
      pieces: [hermesLine(whole)],
      // Hermes lines hold all of their texts.
      indexed: { kind: 'trajectory', facts: { ...facts, blobs: [] } } satisfies IndexedLine,
    }));
    for await (const written of hermes.files.append(base, lines)) {
      for (const [index, ref] of written.entries()) {
        const plan = group[from + index];
        if (plan !== undefined) hermes.known.set(plan.facts.id.bytes, ref);
      }
      from += written.length;
    }
  }
}

function isIn(hermes: RunLines, { id, digest, revision }: LineFacts): boolean {
  const known = hermes.cell(id.bytes);
  if (known === undefined) return false;
  return digest === undefined ? known.revision(0) >= revision : known.isDigest(0, textHash(digest));
}

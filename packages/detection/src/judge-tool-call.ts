import type { ToolOutcome } from '@aftertrace/schema';

import { peel, type Layer } from './peel.ts';
import { isObject } from './read.ts';
import type { Rule } from './rule.ts';
import { besideOkRules, besideRules } from './rules/beside.ts';
import { contentRules } from './rules/content.ts';
import { textRules, textSubject } from './rules/text.ts';
import { readThrown, thrownRules } from './rules/thrown.ts';
import type { ToolCallFacts } from './tool-call.ts';
import { structureRules } from './tool-rules.ts';

/** What is said where the facts themselves cannot be read. */
const UNREADABLE: ToolOutcome = Object.freeze({
  outcome: 'unknown',
  certainty: 'likely',
  channel: 'missing',
  rule: 'judge.unreadable',
});

/**
 * What became of a tool call: the one judgement that everything else reads. Deterministic, bounded, never throws.
 *
 * The first certain word counts: what was thrown, then what stands beside the result, then the structure of the
 * result from its outermost level to its innermost. Where none is certain, the first likely one counts. Without any,
 * a result is `empty` (null, blank, no members) or `ok` with certainty `likely`; `undefined` with `returned: true` is
 * `ok` as well (a tool that returns nothing), and without it `unknown`.
 */
export function judgeToolCall(facts: ToolCallFacts): ToolOutcome {
  try {
    return judge(facts);
  } catch {
    // Facts with getters or proxies that throw. A judgement must never be the reason why an agent stops.
    return UNREADABLE;
  }
}

function judge(facts: ToolCallFacts): ToolOutcome {
  if (wasThrown(facts)) return firstHit(thrownRules, readThrown(facts.error)) ?? UNREADABLE;
  const beside = firstHit(besideRules, facts);
  if (beside !== undefined) return beside;
  const layers = facts.result === undefined ? [] : peel(facts.result);
  const structure = judgeStructure(layers);
  if (structure?.certainty === 'certain') return structure;
  return (
    structure ??
    firstHit(besideOkRules, facts) ??
    judgeText(layers) ??
    firstHit(contentRules, { facts, innermost: layers.at(-1) }) ??
    UNREADABLE
  );
}

/** `throw undefined` is possible: an error that is named and nothing, without any word of a result, was thrown. */
function wasThrown(facts: ToolCallFacts): boolean {
  if (facts.error !== undefined && facts.error !== null) return true;
  return 'error' in facts && !('result' in facts) && facts.returned !== true;
}

/** The first certain word from the outermost level inwards, else the first likely one. */
function judgeStructure(layers: readonly Layer[]): ToolOutcome | undefined {
  let likely: ToolOutcome | undefined;
  for (const layer of layers) {
    if (!isObject(layer.value)) continue;
    const hit = firstHit(structureRules, layer);
    if (hit?.certainty === 'certain') return hit;
    likely ??= hit;
  }
  return likely;
}

function judgeText(layers: readonly Layer[]): ToolOutcome | undefined {
  const text = layers.at(-1)?.value;
  const subject = typeof text === 'string' ? textSubject(text) : undefined;
  return subject === undefined ? undefined : firstHit(textRules, subject);
}

function firstHit<Subject>(
  rules: readonly Rule<Subject>[],
  subject: Subject,
): ToolOutcome | undefined {
  for (const rule of rules) {
    const hit = rule.judge(subject);
    if (hit !== undefined) return { ...hit, rule: rule.id };
  }
  return undefined;
}

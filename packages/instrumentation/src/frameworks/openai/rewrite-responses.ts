import type { Verdict } from '../../model/judge-answer.ts';
import type { Fields } from './fields.ts';
import { refusalItem, withArguments } from './responses-items.ts';

/** Items that ask for a call and what is to be done with them, one for one. */
export interface Judged {
  readonly items: readonly Fields[];
  readonly verdicts: readonly Verdict[];
}

/** The same items, those that were judged as they are to reach the application, each in its place. */
export function rewrittenItems(output: readonly unknown[], judged: Judged): readonly unknown[] {
  return output.map((item) => {
    const index = judged.items.indexOf(item as Fields);
    const verdict = judged.verdicts[index];
    return verdict === undefined ? item : rewrittenItem(item as Fields, verdict);
  });
}

/** What reaches the application in place of an item. */
export function rewrittenItem(item: Fields, verdict: Verdict): Fields {
  switch (verdict.kind) {
    case 'as_is':
      return item;
    case 'changed':
      return withArguments(item, verdict.arguments);
    case 'refused':
      return refusalItem(item, verdict.message);
  }
}

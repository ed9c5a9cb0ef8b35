import type { Verdict } from '../../model/judge-answer.ts';
import type { ModelCall } from '../../model/model-call.ts';
import type { Fields } from '../../model/fields.ts';
import { providedCall, refusalItem, withArguments } from './responses-items.ts';

/** Items that ask for a call and what is to be done with them, one for one. */
export interface Judged {
  readonly items: readonly Fields[];
  readonly verdicts: readonly Verdict[];
}

/** The same items, those that were judged as they are to reach the application, each in its place. */
function rewrittenItems(output: readonly unknown[], judged: Judged): readonly unknown[] {
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

/** Records what the provider has run by itself. */
export function seeProvided(call: ModelCall, item: Fields): void {
  const provided = providedCall(item);
  if (provided !== undefined) call.seen(provided.call, provided.settled);
}

/** In place. `output_text` is the SDK's own addition and is kept in step. */
export function rewriteAnswer(answer: Record<string, unknown>, judged: Judged): void {
  if (judged.verdicts.every(({ kind }) => kind === 'as_is')) return;
  const { output } = answer;
  answer['output'] = rewrittenItems(output as readonly unknown[], judged);
  if (typeof answer['output_text'] !== 'string') return;
  const refusals = judged.verdicts.flatMap((each) =>
    each.kind === 'refused' ? [each.message] : [],
  );
  answer['output_text'] = [answer['output_text'], ...refusals]
    .filter((part) => part !== '')
    .join('\n\n');
}

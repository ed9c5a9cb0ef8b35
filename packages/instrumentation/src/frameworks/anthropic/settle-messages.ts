import type { Endpoint, Exchange } from '../../model/endpoint.ts';
import { listOf, type Fields } from '../../model/fields.ts';
import type { Verdict } from '../../model/judge-answer.ts';
import { askedAgain, type RefusedUses } from './refused-uses.ts';
import { applied, askedCall, stopReasonAfter, tellProviderCalls } from './rewrite-messages.ts';

/** Judges the calls of an answer and rewrites it in place; what the provider ran itself is told. */
export function settleMessages(
  exchange: Exchange,
  answer: Fields,
  refused: RefusedUses,
): ReturnType<Endpoint['settle']> {
  const { call } = exchange;
  const blocks = listOf(answer['content']);
  tellProviderCalls(call, blocks);
  if (!call.judgesTools) return undefined;
  const asked = blocks.flatMap((block) => askedCall(block) ?? []);
  if (asked.length === 0) return undefined;
  const rewrite = (verdicts: readonly Verdict[]): Fields | undefined => {
    if (verdicts.every(({ kind }) => kind === 'as_is')) return undefined;
    const judged = { blocks, verdicts };
    const again = askedAgain(exchange, answer, judged);
    if (again !== undefined) return again;
    refused.note(exchange.asked, answer, judged);
    const target = answer as Record<string, unknown>;
    const content = applied(blocks, verdicts);
    target['content'] = content;
    target['stop_reason'] = stopReasonAfter(content, answer['stop_reason']);
    return undefined;
  };
  const verdicts = call.judge(asked);
  return verdicts instanceof Promise ? verdicts.then(rewrite) : rewrite(verdicts);
}

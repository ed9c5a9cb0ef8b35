import type { Condition } from './compiled-policy.ts';
import { activationOf } from './cel/activation.ts';
import { parseExpression } from './cel/parse-expression.ts';

/** Compiles a rule's `when`. The expression has been checked: what is wrong with it has been told with the bundle. */
export function compileWhen(text: string): Condition {
  const { evaluate, walks, splits } = parseExpression(text);
  return (context, shadow) => {
    const answer = evaluate(activationOf(context, { shadow, walks, splits }));
    if (typeof answer === 'boolean') return answer;
    throw new TypeError('the expression is neither true nor false');
  };
}

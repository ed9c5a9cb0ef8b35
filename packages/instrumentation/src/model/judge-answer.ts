import type { Clearance } from '../guard/clearance.ts';
import type { ToolCall } from '../guard/tool-call.ts';
import type { Runtime } from '../runtime.ts';

/** What is to be done with a call that stands in a model's answer. */
export type Verdict =
  | { readonly kind: 'as_is' }
  | { readonly kind: 'changed'; readonly arguments: unknown }
  /** It must not reach the application; the model is told why. */
  | { readonly kind: 'refused'; readonly message: string };

const AS_IS: Verdict = Object.freeze({ kind: 'as_is' });

/** Judges the calls of one answer, in its order. A promise only where the first state or a person is awaited. Never rejects. */
export function judgeAnswer(
  shared: Runtime,
  calls: readonly ToolCall[],
): readonly Verdict[] | Promise<readonly Verdict[]> {
  const cleared = calls.map((call) => shared.guard.clear({ ...call, atModel: true }));
  if (!cleared.some((each) => each instanceof Promise)) {
    return (cleared as Clearance[]).map((each) => verdictOn(shared, each));
  }
  return Promise.all(cleared.map(async (each) => verdictOn(shared, await each)));
}

function verdictOn(shared: Runtime, cleared: Clearance): Verdict {
  if (cleared.nested) return AS_IS;
  try {
    if (cleared.refusal === undefined) shared.proposals.open(shared.guard, cleared);
    // Records the refusal, and throws it.
    else shared.guard.run(cleared, { execute: () => undefined });
  } catch (error) {
    return { kind: 'refused', message: error instanceof Error ? error.message : String(error) };
  }
  const { call, arguments: args } = cleared;
  return args === call.arguments ? AS_IS : { kind: 'changed', arguments: args };
}

import type { Actor, Containment } from '@aftertrace/schema';

import { refuse, type ControlProblem } from '../control-problem.ts';
import type { TokenBook } from './token-book.ts';

/** An act of two hands: the second one now, and who had the first. */
export interface SeparatedAct {
  /** What is to be done, for the message: `release ctn_1`. */
  readonly act: string;
  readonly by: Actor;
  /** Who engaged, proposed or asked: none of them is the second. */
  readonly earlier: readonly Actor[];
}

/** Who had the first hand in a containment: whoever ordered it, and in whose name. */
export function whoOrdered({ actor, plan }: Containment): readonly Actor[] {
  return plan === undefined ? [actor] : [actor, plan.switchedOnBy];
}

/** Refuses the second hand where it is the first one's; undefined: go on. */
export type Separation = (
  act: SeparatedAct,
) => { readonly ok: false; readonly error: ControlProblem } | undefined;

/**
 * Separation of duties: nobody ends what they began. Names alone prove nothing, since who holds a token that is bound to
 * nobody can claim any; so the second act needs a token bound to its person, another one than that of the first.
 */
export function createSeparation(isOn: boolean, tokens: Pick<TokenBook, 'get'>): Separation {
  const identityOf = ({ tokenId }: Actor): string | undefined =>
    tokenId === undefined ? undefined : tokens.get(tokenId)?.identity;
  return ({ act, by, earlier }) => {
    if (!isOn) return undefined;
    if (identityOf(by) !== by.id) {
      return refuse(
        'separation_of_duties',
        `To ${act} takes a token that is bound to a person: duties are separated here. An administrator makes one: aftertrace token create --role responder --for ${by.id}.`,
      );
    }
    const isSame = (one: Actor): boolean =>
      by.id === one.id ||
      by.id === identityOf(one) ||
      (by.tokenId !== undefined && by.tokenId === one.tokenId);
    if (!earlier.some(isSame)) return undefined;
    return refuse(
      'separation_of_duties',
      `${by.id} may not ${act}: that takes another person than who began it. Duties are separated here.`,
    );
  };
}

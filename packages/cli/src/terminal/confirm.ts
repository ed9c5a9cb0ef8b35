import { createInterface } from 'node:readline/promises';

import { sanitize } from './sanitize.ts';

/** Asks a yes-or-no question; everything but a yes is a no. */
export type Ask = (question: string) => Promise<boolean>;

/** Asks on the terminal; undefined where none is attached to both ends: nobody could answer. */
export function confirm(): Ask | undefined {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return undefined;
  return async (question) => {
    const prompt = createInterface({ input: process.stdin, output: process.stderr });
    try {
      const answer = await prompt.question(`${sanitize(question, 500)} [y/N] `);
      return /^y(?:es)?$/i.test(answer.trim());
    } finally {
      prompt.close();
    }
  };
}

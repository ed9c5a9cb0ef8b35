import { isAftertraceError } from '../../errors.ts';

/**
 * How a refused call is answered: as a server answers that refuses one itself. The agent's framework shows it to the model
 * and goes on; a rejected promise would end the run in some. What is no refusal is thrown on.
 */
export function refusedResult(error: unknown): object {
  if (!isAftertraceError(error)) throw error;
  return { content: [{ type: 'text', text: error.message }], isError: true };
}

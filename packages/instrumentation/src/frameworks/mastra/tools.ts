import { proposeCall } from '../../guard/propose-call.ts';
import type { Runtime } from '../../runtime.ts';
import type { AnyFunction } from '../framework.ts';
import { guardTools } from './guarded-tools.ts';

/**
 * Wraps `Agent.prototype.convertTools`: what the agent's loop gets are guarded tools. A refusal is their result: Mastra shows
 * it to the model, and the agent goes on.
 */
export function wrapConvertTools(runtime: Runtime, original: AnyFunction): AnyFunction {
  const convert = original as (this: unknown, ...args: unknown[]) => Promise<object>;
  return async function convertTools(this: unknown, ...args: unknown[]) {
    const tools = await convert.apply(this, args);
    // Tools that could not be guarded are given to nobody whom a rule may stop.
    return proposeCall(runtime, 'mastra.tools', () => guardTools(runtime, tools)) ?? tools;
  };
}

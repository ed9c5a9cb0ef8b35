import type { WrapSite } from '../../load-hook/target.ts';
import type { Runtime } from '../../runtime.ts';
import type { AnyFunction, Framework } from '../framework.ts';
import { wrapGenerate, wrapStream } from './ask.ts';
import { wrapToolCallStep } from './tool-call-step.ts';
import { wrapConvertTools } from './tools.ts';

const WRAPS: ReadonlyMap<string, (runtime: Runtime, original: AnyFunction) => AnyFunction> =
  new Map([
    ['Agent.prototype.generate', wrapGenerate],
    ['Agent.prototype.resumeGenerate', wrapGenerate],
    ['Agent.prototype.stream', wrapStream],
    ['Agent.prototype.resumeStream', wrapStream],
    ['Agent.prototype.convertTools', wrapConvertTools],
    ['createToolCallStep', wrapToolCallStep],
  ]);

/** Mastra. */
export const mastra: Framework = Object.freeze({
  wrap: (runtime: Runtime, site: WrapSite, original: AnyFunction): AnyFunction | undefined =>
    WRAPS.get(site.symbol)?.(runtime, original),
});

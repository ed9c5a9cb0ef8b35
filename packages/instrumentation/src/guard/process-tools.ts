import { createToolRegistry, type ToolRegistry } from './tool-registry.ts';

const KEY = Symbol.for('aftertrace.instrumentation.tools.v1');

/**
 * The tools of this process, whichever copy of the package describes them. Apart from the runtime: a tool that is
 * described as its module loads must not read the environment before the application has set it.
 */
export function toolRegistry(): ToolRegistry {
  const globals = globalThis as Record<symbol, unknown>;
  const existing = globals[KEY] as ToolRegistry | undefined;
  if (existing !== undefined) return existing;
  const created = createToolRegistry();
  Object.defineProperty(globals, KEY, { value: created });
  return created;
}

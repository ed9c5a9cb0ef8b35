import type { ControlCore } from './control-core.ts';

/** Since when a process is taken as gone; undefined: it is live, or has been away for no longer than the grace. */
export function goneSinceMillis(core: ControlCore, instance: string): number | undefined {
  const since = core.registry.absentSinceMillis(instance, core.startedAtMillis);
  if (since === undefined || core.now() < since + core.absenceGraceMillis) return undefined;
  return since;
}
